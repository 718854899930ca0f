// fork and exec: this process has one thread, and PR_SET_PDEATHSIG needs a step between the two.
#include "app/supervise.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <optional>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weir/boot_clock.hpp>

#include "app/cli/exit_code.hpp"
#include "app/former_process.hpp"
#include "runner/environment.hpp"

namespace weir::app {

namespace {

using std::chrono::milliseconds;

/// Blocks the signals that are waited for, and puts back what was there before.
class waited_signals {
 public:
  waited_signals() {
    ::sigemptyset(&all_);
    for (const int one : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) ::sigaddset(&all_, one);
    ::pthread_sigmask(SIG_BLOCK, &all_, &before_);
  }
  ~waited_signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  waited_signals(const waited_signals&) = delete;
  waited_signals& operator=(const waited_signals&) = delete;

  /// The next signal; nullopt after `limit`, if one is given.
  std::optional<int> next(std::optional<milliseconds> limit) const {
    for (;;) {
      int got = 0;
      if (limit) {
        const auto whole = std::chrono::duration_cast<std::chrono::seconds>(*limit);
        const timespec time{whole.count(), std::chrono::nanoseconds{*limit - whole}.count()};
        got = ::sigtimedwait(&all_, nullptr, &time);
      } else {
        got = ::sigwaitinfo(&all_, nullptr);
      }
      if (got > 0) return got;
      if (errno == EAGAIN) return std::nullopt;
    }
  }
  const sigset_t& before() const { return before_; }

 private:
  sigset_t all_{};
  sigset_t before_{};
};

[[noreturn]] void become(const supervised& what, const std::vector<char*>& arguments,
                         const std::vector<char*>& environment, pid_t parent, const sigset_t& mask) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(number(exit_code::failed));  // it died before the line above
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  ::execve(what.program.c_str(), arguments.data(), environment.data());
  ::_exit(number(exit_code::failed));
}

pid_t start(const supervised& what, const waited_signals& signals,
            const std::optional<former_process>& former) {
  const std::vector<char*> arguments = runner::pointers_to(what.arguments);
  std::vector<std::string> variables = runner::environment_without(tells_of_former_process);
  if (former) variables.push_back(to_environment(*former));
  const std::vector<char*> environment = runner::pointers_to(variables);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) become(what, arguments, environment, parent, signals.before());
  if (child > 0) ::setpgid(child, child);  // whoever comes first: a signal must find the group
  return child;
}

std::optional<process_end> reap(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, WNOHANG) != child) return std::nullopt;
  return process_end{WIFEXITED(status) ? WEXITSTATUS(status) : 0, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
}

/// Waits for the end of the program; signals on the way are passed on, and those that ask for an end set `stopping`.
process_end wait_for(pid_t child, const waited_signals& signals, bool& stopping) {
  for (;;) {
    if (const auto end = reap(child)) return *end;
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

std::string how(const process_end& end) {
  return end.signal != 0 ? "was killed by signal " + std::to_string(end.signal)
                         : "exited with " + std::to_string(end.code);
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
    former = former_process{child, how(end)};
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
