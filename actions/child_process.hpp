// One program that an action started: its pipes, its process group, its end.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include <weir/result.hpp>

#include "runner/owned_fd.hpp"

namespace weir::actions {

/// What to start.
struct program {
  std::vector<std::string> command;    ///< program and arguments; a name without "/" is looked up in PATH
  std::vector<std::string> variables;  ///< its whole environment, "NAME=value"
  std::string directory;               ///< where it starts; "" = here
};

/// A started program, in a process group of its own and with default signal handling; it inherits its three
/// pipes and no other file descriptor. The kernel kills it when the thread that started it ends. Not
/// thread-safe.
class child_process {
 public:
  /// @errors  not_found: no such program or directory, or one that cannot be executed;
  ///          overloaded: no process, memory or file descriptor to be had right now.
  static result<child_process> start(const program& what);
  /// Kills the group and waits for the program, if wait() did not return before.
  ~child_process();
  child_process(child_process&& other) noexcept;
  child_process& operator=(child_process&&) = delete;

  /// Sends a signal to the whole group. Safe until wait() returned: until then the group's number is kept.
  void signal_group(int number) const;
  /// Waits for the program, kills what is left of its group, and returns its status as waitpid gives it;
  /// nullopt if somebody else in this process took that.
  std::optional<int> wait();

  // Non-blocking ends of its pipes, and its pidfd; readable once it has ended.
  runner::owned_fd& input() { return input_; }
  runner::owned_fd& output() { return output_; }
  runner::owned_fd& errors() { return errors_; }
  int death() const { return pidfd_.get(); }

 private:
  child_process() = default;

  pid_t pid_ = 0;  ///< 0: waited for
  runner::owned_fd pidfd_, input_, output_, errors_;
};

}  // namespace weir::actions
