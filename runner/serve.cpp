// The main thread reads frames and moves the deadline; runs happen on a thread pool beside it.
#include "runner/serve.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <string>
#include <utility>
#include <variant>

#include "runner/containment.hpp"
#include "runner/deadman.hpp"
#include "runner/frames.hpp"
#include "runner/thread_pool.hpp"

namespace weir::runner {

namespace {

using std::chrono::milliseconds;

constexpr int most_runs = 64;
/// Runs are ended by killing the process, which is the node's to do: the pool itself abandons nothing.
constexpr milliseconds for_ever = std::chrono::hours{24 * 365};
constexpr milliseconds first_patience{1000}, patience{20};
/// Exit status of a runner that could not keep its promises.
constexpr int exit_setup = 70;

[[noreturn]] void leave(int status) {
  std::fflush(nullptr);
  ::_exit(status);  // no destructors: nothing that the node's program does at its end is a runner's business
}

/// The socket as run threads use it. Blocking: a node that reads slowly slows its runner down.
class answers {
 public:
  explicit answers(int socket) : socket_(socket) {}

  void send(const frame& what) {
    const std::string bytes = encode(what);
    const std::lock_guard lock{mutex_};
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t sent = ::send(socket_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) leave(0);  // the node is gone
      done += static_cast<std::size_t>(sent);
    }
  }

 private:
  const int socket_;
  std::mutex mutex_;
};

class runner {
 public:
  runner(const invitation& invited, const action_table& actions, const stream_hooks& hooks, guard_line guard)
      : socket_(invited.fd),
        guard_(std::move(guard)),
        answers_(invited.fd),
        decoder_(max_frame_bytes(invited.payload_limit)),
        pool_(
            actions, pool_options(invited, hooks),
            [this](domain::run_verdict verdict) { answers_.send(frame{std::move(verdict)}); },
            [this](const log_line& line) { answers_.send(frame{line}); }) {}

  [[noreturn]] void run() {
    std::array<char, std::size_t{64} << 10U> bytes;
    for (;;) {
      pollfd readable{socket_, POLLIN, 0};
      if (::poll(&readable, 1, closing_ ? 2 : -1) <= 0) {
        if (closing_ && pool_.closed()) leave(0);
        continue;
      }
      const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) leave(0);  // the node is gone, and with it the right to go on
      decoder_.feed({bytes.data(), static_cast<std::size_t>(got)});
      obey_all();
    }
  }

 private:
  thread_options pool_options(const invitation& invited, const stream_hooks& hooks) {
    thread_options options;
    options.node = invited.node;
    options.threads = most_runs;
    options.abandon_at_timeout = false;
    options.on_started = [this](const domain::run_request& request, wall_time at) {
      answers_.send(frame{started_frame{request.run_id, at}});
    };
    options.term = {invited.stream, invited.node, hooks, [this] { answers_.send(frame{opened_frame{}}); }};
    return options;
  }

  void obey_all() {
    for (;;) {
      auto next = decoder_.next();
      if (!next) give_up(next.error().message);
      if (!*next) return;
      std::visit([this](auto& what) { obey(what); }, **next);
    }
  }

  void obey(domain::run_request& request) { pool_.start(std::move(request)); }
  void obey(const open_frame& wanted) { pool_.open(wanted.fencing_token); }
  void obey(const stop_frame& wanted) { pool_.interrupt(wanted.run_id, for_ever); }
  void obey(const close_frame&) {
    closing_ = true;
    pool_.close(for_ever);
  }

  /// The timers first, the permission to run afterwards.
  void obey(const extend_frame& wanted) {
    if (const auto armed = timer_.arm(wanted.deadline); !armed) give_up(armed.error().message);
    const boot_time guarded = guard_.extend(wanted.deadline, armed_once_ ? patience : first_patience);
    if (guarded == boot_time{}) return;  // the guard did not answer yet: nothing may run
    armed_once_ = true;
    pool_.extend(wanted.deadline);
    answers_.send(frame{armed_frame{std::min(guarded, wanted.deadline)}});
  }

  template <class Other>
  void obey(const Other&) {
    give_up("a frame that only a runner sends");
  }

  [[noreturn]] void give_up(const std::string& why) {
    answers_.send(frame{log_line{log_level::error, {}, 0, {}, 0, "runner: " + why}});
    leave(exit_setup);
  }

  const int socket_;
  guard_line guard_;
  deadman timer_;
  answers answers_;
  frame_decoder decoder_;
  bool armed_once_ = false;
  bool closing_ = false;
  thread_executor pool_;
};

bool is_socket(int fd) {
  struct stat about {};
  return ::fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode);
}

/// A service manager's or a terminal's signal to the whole group is for the node: it decides. A handler
/// rather than SIG_IGN, which the programs started by actions would inherit.
void leave_polite_signals_to_the_node() {
  struct sigaction nothing {};
  nothing.sa_handler = [](int) {};
  nothing.sa_flags = SA_RESTART;
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) ::sigaction(number, &nothing, nullptr);
}

}  // namespace

int serve_runner(invitation invited, const action_table& actions, const stream_hooks& hooks) {
  if (!is_socket(invited.fd)) {
    std::fprintf(stderr, "weir: error: WEIR_RUNNER_FD is set, but %d is no socket of a node: unset it\n",
                 invited.fd);
    return 2;
  }
  ::fcntl(invited.fd, F_SETFD, FD_CLOEXEC);
  for (const int fd : invited.kept_fds) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  leave_polite_signals_to_the_node();
  guard_line guard;
  if (invited.guard_fd >= 0) {  // started a second time, inside
    ::fcntl(invited.guard_fd, F_SETFD, FD_CLOEXEC);
    guard = guard_line{owned_fd{invited.guard_fd}};
  } else {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != invited.parent) ::_exit(0);  // the node died before it could be noticed
    guard = contain(invited);
  }
  runner{invited, actions, hooks, std::move(guard)}.run();
}

}  // namespace weir::runner
