// Puts a runner into a pid namespace of its own, so that everything it ever starts dies with it.
//
// A process that called unshare(CLONE_NEWPID) can start no thread any more (EINVAL), so the runner cannot
// stay above its own namespace. Three processes instead, each made by fork:
//   guard   the node's child. Its own kernel timer has the runner's deadline. Ends the way the runner did.
//     init  process 1 of the namespace; SIGKILL when the guard dies; exits when the runner did.
//       runner  an ordinary process in it, with its own kernel timer: it starts threads and children.
// Every link is the kernel's: with any of them (and the node) stopped, the guard's timer ends the guard,
// that ends init, and that ends all that is left. A timer in init itself would be ignored.
#pragma once

#include <chrono>
#include <utility>

#include <weir/boot_clock.hpp>

#include "runner/deadman.hpp"
#include "runner/invitation.hpp"
#include "runner/owned_fd.hpp"

namespace weir::runner {

/// The runner's line to its guard. Use from one thread.
class guard_line {
 public:
  guard_line() = default;
  explicit guard_line(owned_fd line) : line_(std::move(line)) {}

  /// Tells the guard the new deadline; waits up to `patience` for its answer.
  /// Returns the deadline that it has armed last; without a guard `at` itself.
  boot_time extend(boot_time at, std::chrono::milliseconds patience);
  explicit operator bool() const noexcept { return static_cast<bool>(line_); }

 private:
  owned_fd line_;
  boot_time armed_{};
};

/// Call first of all in a runner process, from its main thread. Returns in the runner only, contained if
/// the kernel allows that; sends the hello frame either way. If threads exist already, the runner is this
/// program started once more from its beginning, with guard_fd set.
guard_line contain(invitation& invited);

}  // namespace weir::runner
