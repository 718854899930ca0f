// Starting this program again as a child, and hearing of signals and ends. For a process of one thread.
#pragma once

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "app/restart_rule.hpp"

namespace weir::app {

/// While it lives, SIGTERM, SIGINT, SIGHUP and SIGCHLD are blocked, and waited for here.
class waited_signals {
 public:
  waited_signals();
  ~waited_signals();
  waited_signals(const waited_signals&) = delete;
  waited_signals& operator=(const waited_signals&) = delete;

  /// The next signal; nullopt after `limit`, if one is given.
  std::optional<int> next(std::optional<std::chrono::milliseconds> limit) const;
  /// What was blocked before.
  const sigset_t& before() const { return before_; }

 private:
  sigset_t all_{};
  sigset_t before_{};
};

struct child_program {
  std::string program;                   ///< a path, e.g. /proc/self/exe
  std::vector<std::string> arguments;    ///< with the program's own name first
  std::vector<std::string> environment;  ///< NAME=VALUE
};

/// Starts it in a process group of its own, so that Ctrl-C reaches it once, by whoever passes it on. It dies by SIGKILL
/// with this process, so that nobody is left running unseen.
/// @return its process id, or -1 with errno
pid_t start_child(const child_program& what, const waited_signals& signals);

/// How the child has ended; nullopt while it runs.
std::optional<process_end> reap_child(pid_t child);

/// "exited with 1", "was killed by signal 9".
std::string told_of(const process_end& end);

}  // namespace weir::app
