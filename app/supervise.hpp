// Keeps a node process running: starts it, passes signals on, starts it again when it crashed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/restart_rule.hpp"

namespace weir::app {

struct supervised {
  std::string program;                 ///< a path, e.g. /proc/self/exe
  std::vector<std::string> arguments;  ///< with the program's own name first
  restart_limits limits;
  /// Hears one sentence about each start and end.
  std::function<void(const std::string&)> log;
};

/// Runs until the program has ended for good; returns what this process should exit with (128 + signal for a
/// killed one). SIGTERM and SIGINT go to the program, which has a process group of its own: Ctrl-C reaches it
/// once. It dies by SIGKILL with this process, so that nobody is left running unseen. Only one thread may
/// exist; SIGTERM, SIGINT and SIGCHLD are blocked meanwhile. Each start after the first hears what became of the
/// process before (app/former_process.hpp).
int supervise(const supervised& what);

/// This program's arguments without `--supervise`.
std::vector<std::string> unsupervised(std::vector<std::string> arguments);

}  // namespace weir::app
