// vfork and exec: posix_spawn cannot ask for PR_SET_PDEATHSIG. Between the two, the child shares this
// program's memory while the parent's thread stands still, so it only makes system calls.
#include "actions/child_process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "runner/environment.hpp"

namespace weir::actions {

namespace {

using runner::owned_fd;

struct pipe_ends {
  owned_fd reading, writing;
};

std::optional<pipe_ends> make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  return pipe_ends{owned_fd{ends[0]}, owned_fd{ends[1]}};
}

bool is_program(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

/// The file that `name` means, as a shell finds it; `name` itself if it is nowhere.
std::string find_program(const std::string& name, const std::vector<std::string>& variables) {
  if (name.find('/') != std::string::npos) return name;
  std::string_view path = "/usr/local/bin:/usr/bin:/bin";
  for (const std::string& entry : variables) {
    if (entry.compare(0, 5, "PATH=") == 0) path = std::string_view{entry}.substr(5);
  }
  while (!path.empty()) {
    const std::size_t colon = std::min(path.find(':'), path.size());
    const std::string candidate = std::string{colon == 0 ? "." : path.substr(0, colon)} + "/" + name;
    if (is_program(candidate)) return candidate;
    path.remove_prefix(std::min(colon + 1, path.size()));
  }
  return name;
}

/// Everything the child needs between vfork and exec, prepared before.
struct preparation {
  const char* path;
  char* const* argv;
  char* const* envp;
  const char* directory;  ///< null: here
  std::array<int, 3> fds;
  pid_t parent;
  volatile int failed = 0;  ///< errno, written by the child into the shared memory
  volatile bool in_directory = false;
};

[[noreturn]] void become(preparation& p) {
  const auto fail = [&p] {
    p.failed = errno != 0 ? errno : EIO;
    ::_exit(127);
  };
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &by_default, nullptr);
  ::setpgid(0, 0);
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail();
  if (::getppid() != p.parent) ::_exit(127);  // died in between: the signal will not come any more
  for (std::size_t i = 0; i < p.fds.size(); ++i) {
    if (::dup2(p.fds[i], static_cast<int>(i)) < 0) fail();
  }
  // Marked rather than closed: a failing exec must leave this program's table as it was (it is a copy).
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  if (p.directory != nullptr && ::chdir(p.directory) != 0) {
    p.in_directory = true;
    fail();
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(p.path, p.argv, p.envp);
  fail();
  ::_exit(127);
}

error not_started(const program& what, const preparation& p) {
  const int why = p.failed;
  if (why == EAGAIN || why == ENOMEM || why == EMFILE || why == ENFILE) {
    return {errc::overloaded,
            std::string{"cannot start "} + what.command.front() + ": " + std::strerror(why)};
  }
  if (p.in_directory) {
    return {errc::not_found,
            "cannot start " + what.command.front() + " in " + what.directory + ": " + std::strerror(why)};
  }
  std::string text = "cannot start " + what.command.front() + ": " + std::strerror(why);
  if (why == ENOENT) {
    text += what.command.front().find('/') == std::string::npos
                ? " (not in PATH; correct `command` or install it on this node)"
                : " (correct `command`; relative paths start at the configuration file's folder; a script's "
                  "first "
                  "line must name an interpreter that exists)";
  } else if (why == EACCES) {
    text += " (make it executable: chmod +x)";
  } else if (why == ENOEXEC) {
    text += " (a script must begin with #! and its interpreter)";
  }
  return {errc::not_found, std::move(text)};
}

}  // namespace

result<child_process> child_process::start(const program& what) {
  auto in = make_pipe(), out = make_pipe(), err = make_pipe();
  if (!in || !out || !err) {
    return error{errc::overloaded, "cannot start " + what.command.front() + ": " + std::strerror(errno)};
  }
  // Above 2, so that no dup2 onto 0..2 lands on a source: this program may run with those closed.
  std::array<owned_fd, 3> sources{owned_fd{::fcntl(in->reading.get(), F_DUPFD_CLOEXEC, 3)},
                                  owned_fd{::fcntl(out->writing.get(), F_DUPFD_CLOEXEC, 3)},
                                  owned_fd{::fcntl(err->writing.get(), F_DUPFD_CLOEXEC, 3)}};
  const std::string path = find_program(what.command.front(), what.variables);
  const std::vector<char*> argv = runner::pointers_to(what.command);
  const std::vector<char*> envp = runner::pointers_to(what.variables);
  preparation p{path.c_str(),
                argv.data(),
                envp.data(),
                what.directory.empty() ? nullptr : what.directory.c_str(),
                {sources[0].get(), sources[1].get(), sources[2].get()},
                ::getpid()};

  // No handler of this program may run in the child: it would run on shared memory.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::vfork();
  if (pid == 0) become(p);
  const int fork_failed = pid < 0 ? errno : 0;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);

  if (fork_failed != 0) {
    p.failed = fork_failed;
    return not_started(what, p);
  }
  if (p.failed != 0) {
    ::waitpid(pid, nullptr, 0);
    return not_started(what, p);
  }
  child_process child;
  child.pid_ = pid;
  child.pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
  if (!child.pidfd_)
    return error{errc::overloaded, std::string{"cannot watch a program: "} + std::strerror(errno)};
  child.input_ = std::move(in->writing);
  child.output_ = std::move(out->reading);
  child.errors_ = std::move(err->reading);
  for (const owned_fd* fd : {&child.input_, &child.output_, &child.errors_})
    ::fcntl(fd->get(), F_SETFL, O_NONBLOCK);
  return child;
}

child_process::child_process(child_process&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      pidfd_(std::move(other.pidfd_)),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)) {}

child_process::~child_process() {
  if (pid_ == 0) return;
  signal_group(SIGKILL);
  wait();
}

void child_process::signal_group(int number) const {
  if (pid_ != 0) ::kill(-pid_, number);
}

std::optional<int> child_process::wait() {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
  }
  signal_group(SIGKILL);  // before its number is free: what it left behind ends with it
  int status = 0;
  pid_t waited = 0;
  do {
    waited = ::waitpid(pid_, &status, 0);
  } while (waited < 0 && errno == EINTR);
  if (std::exchange(pid_, 0) != waited) return std::nullopt;
  return status;
}

}  // namespace weir::actions
