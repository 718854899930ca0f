// weir.db: whose it is, which version, and that this process alone has it. Loads and writes the rows of the model.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include <weir/result.hpp>

#include "drivers/memory/tables.hpp"
#include "drivers/sqlite/change.hpp"
#include "drivers/sqlite/database.hpp"

namespace weir::sqlite {

/// The lock of a store: of one process, and gone with it. A file beside the store's, since SQLite's own locks would
/// keep out who only wants to look.
class store_lock {
 public:
  /// @param advice  what else to do than to stop that process, as ", or ..."
  /// @errors refused (names the process that has it), unavailable
  static result<store_lock> take(const std::filesystem::path& store, const std::string& advice);
  store_lock(store_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  store_lock& operator=(store_lock&&) = delete;
  ~store_lock();

 private:
  explicit store_lock(int fd) : fd_(fd) {}
  int fd_;
};

/// What a store is opened for.
enum class opened_for {
  work,  ///< of `weir dev`: made if there is none, and refused once its tasks live elsewhere
  copy,  ///< to another store: it must be there, and nothing in it changes but by give_up
};

/// One thread at a time.
class store_file {
 public:
  /// Opens it, or makes a new one with its folder, for this user only.
  /// @errors refused (another process has it, or its tasks live elsewhere), unavailable (cannot be read or written),
  ///         not_found (to be copied, and not there),
  ///         schema_mismatch (not a store of weir, of another version, or damaged: says which)
  static result<std::unique_ptr<store_file>> open(const std::filesystem::path& file,
                                                  opened_for what = opened_for::work);

  /// Nothing has been written to it yet.
  bool empty() const { return empty_; }
  /// @errors unavailable, schema_mismatch
  result<memory::world_rows> load();
  /// All of it in one transaction, which is on the disk when this returns. @errors unavailable (or nobody knows)
  result<void> write(const std::vector<change>& changes);
  /// Says that its tasks live elsewhere: from now on it is refused for work. @errors unavailable
  result<void> give_up();
  /// After a write that failed: closes the file, opens it again, and tries whether it can be written.
  /// @errors unavailable
  result<void> begin_anew();

 private:
  store_file(std::filesystem::path file, store_lock lock, opened_for what)
      : file_(std::move(file)), lock_(std::move(lock)), for_(what) {}
  result<void> attach();
  result<void> check_or_make();
  result<void> check_version(std::int64_t written);
  /// Brings an older store to this version.
  result<void> upgrade();
  error refuse_version(std::int64_t age);
  result<void> check_pages();
  error strange(const std::string& why) const;
  error with_advice(const error& why) const;
  result<void> prepare();

  std::filesystem::path file_;
  store_lock lock_;
  opened_for for_;
  std::int64_t written_ = 0;  ///< version of the file as it was found; 0 = this one's
  bool on_trial_ = false;     ///< the upgrade is not committed
  std::unique_ptr<database> open_;
  std::vector<database::statement> puts_, removals_;  ///< by layout; gone before the database
  bool empty_ = true;
};

}  // namespace weir::sqlite
