#include "app/supervise.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include <weir/boot_clock.hpp>

#include "app/child_process.hpp"
#include "app/cli/exit_code.hpp"
#include "app/former_process.hpp"
#include "runner/environment.hpp"

namespace weir::app {

namespace {

using std::chrono::milliseconds;

/// systemd's watchdog is for the process that it started; under this one it is the node that lives or not.
bool stays_here(std::string_view variable) {
  return tells_of_former_process(variable) || variable == "WATCHDOG_PID";
}

pid_t start(const supervised& what, const waited_signals& signals,
            const std::optional<former_process>& former) {
  child_program node{what.program, what.arguments, runner::environment_without(stays_here)};
  if (former) node.environment.push_back(to_environment(*former));
  return start_child(node, signals);
}

/// Waits for the end of the program; signals on the way are passed on, and those that ask for an end set `stopping`.
process_end wait_for(pid_t child, const waited_signals& signals, bool& stopping) {
  for (;;) {
    if (const auto end = reap_child(child)) return *end;
    const int got = *signals.next(std::nullopt);
    if (got == SIGCHLD) continue;
    if (got != SIGHUP) stopping = true;
    ::kill(child, got);
  }
}

/// The pause before the next start; true if the end was asked for meanwhile.
bool interrupted_pause(milliseconds pause, const waited_signals& signals) {
  const boot_time until = boot_clock::now() + pause;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - boot_clock::now());
    if (left <= milliseconds{0}) return false;
    const auto got = signals.next(left);
    if (got && *got != SIGCHLD && *got != SIGHUP) return true;
  }
}

}  // namespace

int supervise(const supervised& what) {
  const waited_signals signals;
  restart_rule rule{what.limits};
  bool stopping = false;
  std::optional<former_process> former;
  for (;;) {
    const boot_time began = boot_clock::now();
    const pid_t child = start(what, signals, former);
    if (child < 0) {
      what.log(std::string{"cannot start the node: "} + std::strerror(errno));
      return number(exit_code::failed);
    }
    what.log("node process " + std::to_string(child) + " is started");
    const process_end end = wait_for(child, signals, stopping);
    const auto ran = std::chrono::duration_cast<milliseconds>(boot_clock::now() - began);
    const auto next = rule.after(end, ran, stopping);
    former = former_process{child, told_of(end)};
    const std::string told = "node process " + std::to_string(child) + " " + former->how;
    if (!next.again) {
      what.log(told + (next.gave_up
                           ? ": " + std::to_string(next.quick_crashes) + " quick crashes in a row, giving up"
                           : ""));
      return end.status();
    }
    what.log(told + ": starting it again in " + std::to_string(next.pause.count()) + " ms" +
             (next.quick_crashes == 0 ? ""
                                      : " (quick crash " + std::to_string(next.quick_crashes) + " of " +
                                            std::to_string(what.limits.most_quick_crashes) + ")"));
    if (interrupted_pause(next.pause, signals)) return number(exit_code::ok);
  }
}

std::vector<std::string> unsupervised(std::vector<std::string> arguments) {
  const auto asks = [](const std::string& one) {
    return one == "--supervise" || one.rfind("--supervise=", 0) == 0;
  };
  arguments.erase(std::remove_if(arguments.begin(), arguments.end(), asks), arguments.end());
  return arguments;
}

}  // namespace weir::app
