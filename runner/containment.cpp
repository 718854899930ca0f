// The forks, and what guard and init do for the rest of their lives. Both use only async-signal-safe
// calls: the program may have had threads before it came here.
#include "runner/containment.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runner/environment.hpp"
#include "runner/frames.hpp"
#include "runner/spawn_self.hpp"

namespace weir::runner {

namespace {

/// The exit status of a guard, init or runner that could not be set up.
constexpr int exit_setup = 70;

struct channel {
  owned_fd above, below;
};

/// A pair of sockets that keeps message boundaries; closed by exec.
channel make_channel() {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) ::_exit(exit_setup);
  return {owned_fd{ends[0]}, owned_fd{ends[1]}};
}

template <class T>
bool put(int fd, const T& value, int flags = 0) {
  return ::send(fd, &value, sizeof value, MSG_NOSIGNAL | flags) == static_cast<ssize_t>(sizeof value);
}
/// False at the end of the channel.
template <class T>
bool take(int fd, T& value, int flags = 0) {
  ssize_t got = 0;
  do got = ::recv(fd, &value, sizeof value, flags);
  while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(sizeof value);
}

/// What people send to whole groups or services is meant for the node; it decides when its runners end.
void ignore_polite_signals() {
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) ::signal(number, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);  // ignored, it would take the statuses away
}

/// The first frame, with the namespace's init as a pidfd beside it.
void say_hello(int socket, const hello_frame& hello, int pidfd) {
  const std::string bytes = encode(frame{hello});
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  if (pidfd >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &pidfd, sizeof pidfd);
  }
  if (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0) ::_exit(exit_setup);
}

/// Ends the way the runner did, so that the node sees its signal or exit status.
[[noreturn]] void end_like(int status) {
  if (WIFEXITED(status)) ::_exit(WEXITSTATUS(status));
  const int number = WTERMSIG(status);
  const rlimit no_core{0, 0};  // the runner's own is enough
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::signal(number, SIG_DFL);
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, number);
  ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
  ::kill(::getpid(), number);
  ::_exit(exit_setup);
}

/// The guard's life: arms every deadline that the runner passes on, waits for the end of the namespace.
[[noreturn]] void guard(pid_t init, owned_fd from_init, owned_fd from_runner) {
  deadman timer;
  int status = SIGKILL;  // init gone without a word: it was killed
  bool runner_there = true;
  for (;;) {
    std::array<pollfd, 2> fds{pollfd{from_init.get(), POLLIN, 0},
                              pollfd{runner_there ? from_runner.get() : -1, POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), -1) < 0) {
      if (errno == EINTR) continue;
      ::_exit(exit_setup);
    }
    if (fds[1].revents != 0) {
      boot_time::rep deadline = 0;
      if (!take(from_runner.get(), deadline)) {
        runner_there = false;
      } else {
        if (!timer.arm(boot_time{boot_time::duration{deadline}})) ::_exit(exit_setup);
        put(from_runner.get(), deadline, MSG_DONTWAIT);
      }
    }
    if (fds[0].revents != 0) {
      take(from_init.get(), status);
      break;
    }
  }
  // Init becomes a zombie only after the kernel has ended and reaped everything in its namespace.
  while (::waitpid(init, nullptr, 0) < 0 && errno == EINTR) {
  }
  end_like(status);
}

/// The life of process 1: reaps what the runner's children leave behind, exits when the runner did.
[[noreturn]] void init(pid_t runner, int to_guard) {
  for (;;) {
    int status = 0;
    const pid_t gone = ::waitpid(-1, &status, 0);
    if (gone == runner) {
      put(to_guard, status);
      ::_exit(0);
    }
    if (gone < 0 && errno != EINTR) ::_exit(exit_setup);
  }
}

std::size_t thread_count() {
  std::error_code failed;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator at{"/proc/self/task", failed}, end; !failed && at != end;
       at.increment(failed)) {
    ++count;
  }
  return failed ? 2 : count;  // unknown: take the way that is always right
}

/// The program and its variables once more, prepared before the forks.
struct second_start {
  std::vector<std::string> arguments, variables;
  std::vector<char*> argv, envp;
};

second_start prepare(const invitation& invited) {
  second_start again;
  again.arguments = own_arguments();
  again.variables = environment_without([](std::string_view) { return false; });  // the node has chosen
  for (std::string& text : to_environment(invited)) again.variables.push_back(std::move(text));
  again.argv = pointers_to(again.arguments);
  again.envp = pointers_to(again.variables);
  return again;
}

}  // namespace

boot_time guard_line::extend(boot_time at, std::chrono::milliseconds patience) {
  if (!line_) return at;
  boot_time::rep armed = at.time_since_epoch().count();
  put(line_.get(), armed, MSG_DONTWAIT);
  pollfd answer{line_.get(), POLLIN, 0};
  ::poll(&answer, 1, static_cast<int>(patience.count()));
  while (take(line_.get(), armed, MSG_DONTWAIT)) armed_ = boot_time{boot_time::duration{armed}};
  return armed_;
}

guard_line contain(invitation& invited) {
  if (::unshare(CLONE_NEWPID) != 0) {
    say_hello(invited.fd,
              {false, std::string{"no pid namespace for the runner ("} + std::strerror(errno) +
                          "): daemons that an action leaves behind outlive it"},
              -1);
    return {};
  }
  channel init_line = make_channel();    // above: the guard
  channel runner_line = make_channel();  // above: the guard
  const bool alone = thread_count() == 1;
  invited.guard_fd = runner_line.below.get();
  const second_start again = alone ? second_start{} : prepare(invited);

  const pid_t process_one = ::fork();
  if (process_one < 0) ::_exit(exit_setup);
  if (process_one > 0) {
    init_line.below.reset();
    runner_line.below.reset();
    ignore_polite_signals();
    char ready = 0;
    if (!take(init_line.above.get(), ready)) ::_exit(exit_setup);
    const owned_fd pidfd{static_cast<int>(::syscall(SYS_pidfd_open, process_one, 0U))};
    if (!pidfd) ::_exit(exit_setup);
    say_hello(invited.fd, {true, {}}, pidfd.get());
    ::close(invited.fd);
    if (!put(init_line.above.get(), ready)) ::_exit(exit_setup);
    guard(process_one, std::move(init_line.above), std::move(runner_line.above));
  }

  // Process 1. Its parent is outside the namespace, so getppid() says nothing: the guard's word after the
  // signal was asked for proves that it lived then.
  init_line.above.reset();
  runner_line.above.reset();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  char ready = 1;
  if (!put(init_line.below.get(), ready) || !take(init_line.below.get(), ready)) ::_exit(exit_setup);
  const pid_t runner = ::fork();
  if (runner < 0) ::_exit(exit_setup);
  if (runner > 0) {
    ignore_polite_signals();
    ::close(invited.fd);
    runner_line.below.reset();
    init(runner, init_line.below.get());
  }

  init_line.below.reset();
  if (alone) return guard_line{std::move(runner_line.below)};
  for (const int fd : invited.kept_fds) ::fcntl(fd, F_SETFD, 0);
  for (const int fd : {invited.fd, invited.guard_fd}) ::fcntl(fd, F_SETFD, 0);
  ::execve("/proc/self/exe", again.argv.data(), again.envp.data());
  ::_exit(exit_setup);
}

}  // namespace weir::runner
