#include "app/cells.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

#include "app/child_process.hpp"
#include "app/cli/exit_code.hpp"
#include "runner/environment.hpp"
#include "runner/spawn_self.hpp"

namespace weir::app {

namespace {

struct running_cell {
  const cell* what;
  pid_t child = 0;  ///< 0: it has ended
  int status = 0;
};

void look_after(std::vector<running_cell>& all, const std::function<void(const std::string&)>& log) {
  for (running_cell& each : all) {
    if (each.child == 0) continue;
    const auto end = reap_child(each.child);
    if (!end) continue;
    log("cell " + each.what->file + ": its process " + std::to_string(each.child) + " " + told_of(*end));
    each.child = 0;
    each.status = end->status();
  }
}

}  // namespace

std::vector<std::string> cell_arguments(std::vector<std::string> arguments, const std::string& file) {
  std::vector<std::string> own;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--cell")
      ++i;  // its value
    else if (arguments[i].rfind("--cell=", 0) != 0)
      own.push_back(std::move(arguments[i]));
  }
  own.push_back("--config=" + file);
  return own;
}

int run_cells(const std::vector<cell>& cells, const std::function<void(const std::string&)>& log) {
  const waited_signals signals;
  std::vector<running_cell> all;
  for (const cell& each : cells) {
    const child_program node{"/proc/self/exe", cell_arguments(runner::own_arguments(), each.file),
                             runner::environment_without(runner::names_service)};
    running_cell started{&each, start_child(node, signals), 0};
    if (started.child < 0) {
      log("cell " + each.file + ": cannot be started: " + std::strerror(errno));
      started = {&each, 0, number(exit_code::failed)};
    } else {
      log("cell " + each.file + ": process " + std::to_string(started.child) + " is started");
    }
    all.push_back(started);
  }
  const auto runs = [](const running_cell& one) { return one.child != 0; };
  while (std::any_of(all.begin(), all.end(), runs)) {
    const int got = *signals.next(std::nullopt);
    if (got == SIGCHLD) {
      look_after(all, log);
      continue;
    }
    for (const running_cell& each : all) {
      if (runs(each)) ::kill(each.child, got);
    }
  }
  const auto bad =
      std::find_if(all.begin(), all.end(), [](const running_cell& one) { return one.status != 0; });
  return bad == all.end() ? number(exit_code::ok) : bad->status;
}

}  // namespace weir::app
