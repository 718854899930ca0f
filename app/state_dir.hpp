// A node's state directory: the lock that proves a former incarnation dead, and the highest database seen.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <weir/driver/types.hpp>
#include <weir/result.hpp>

namespace weir::app {

/// What the last incarnation of this directory wrote down.
struct state_note {
  node_id incarnation = 0;  ///< 0: none
  int pid = 0;
  std::int64_t server = 0;    ///< system identifier of the database last joined
  std::int32_t timeline = 0;  ///< highest timeline of it ever seen
};

/// Holds an exclusive lock on the directory for as long as it lives, and so do the runners that inherit `fd`:
/// whoever gets the lock has proof that every process of the incarnation noted there is dead.
class state_dir {
 public:
  /// Creates the directory and takes the lock, waiting at most `patience` (its runners die within a ttl).
  /// @errors refused (held; names the process), invalid (cannot be created or written)
  static result<state_dir> open(const std::filesystem::path& where, std::chrono::milliseconds patience);

  /// A node has had it at some time.
  static bool is_one(const std::filesystem::path& where);

  state_dir(state_dir&& other) noexcept;
  state_dir& operator=(state_dir&&) = delete;
  ~state_dir();

  int fd() const { return fd_; }
  /// Identifies this directory on this boot of this machine: a copy of the directory elsewhere, or a
  /// directory of the time before a reboot, proves nothing.
  std::string machine() const;

  state_note read() const;
  result<void> write(const state_note& note);

 private:
  state_dir(std::filesystem::path where, int fd) : where_(std::move(where)), fd_(fd) {}

  std::filesystem::path where_;
  int fd_ = -1;
};

}  // namespace weir::app
