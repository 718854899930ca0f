// fork and exec: PR_SET_PDEATHSIG needs a step between the two.
#include "app/child_process.hpp"

#include <cerrno>
#include <ctime>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/cli/exit_code.hpp"
#include "runner/environment.hpp"

namespace weir::app {

using std::chrono::milliseconds;

waited_signals::waited_signals() {
  ::sigemptyset(&all_);
  for (const int one : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) ::sigaddset(&all_, one);
  ::pthread_sigmask(SIG_BLOCK, &all_, &before_);
}

waited_signals::~waited_signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

std::optional<int> waited_signals::next(std::optional<milliseconds> limit) const {
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

pid_t start_child(const child_program& what, const waited_signals& signals) {
  const std::vector<char*> arguments = runner::pointers_to(what.arguments);
  const std::vector<char*> environment = runner::pointers_to(what.environment);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(number(exit_code::failed));  // it died before the line above
    ::pthread_sigmask(SIG_SETMASK, &signals.before(), nullptr);
    ::execve(what.program.c_str(), arguments.data(), environment.data());
    ::_exit(number(exit_code::failed));
  }
  if (child > 0) ::setpgid(child, child);  // whoever comes first: a signal must find the group
  return child;
}

std::optional<process_end> reap_child(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, WNOHANG) != child) return std::nullopt;
  return process_end{WIFEXITED(status) ? WEXITSTATUS(status) : 0, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
}

std::string told_of(const process_end& end) {
  return end.signal != 0 ? "was killed by signal " + std::to_string(end.signal)
                         : "exited with " + std::to_string(end.code);
}

}  // namespace weir::app
