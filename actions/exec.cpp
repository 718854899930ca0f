// Feeding and listening to the program until it ends, and what its end means.
#include "actions/exec.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actions/child_process.hpp"
#include "actions/line_reader.hpp"
#include "actions/task_json.hpp"
#include "runner/crashed.hpp"
#include "runner/environment.hpp"

namespace weir::actions {

namespace {

using runner::owned_fd;
using std::chrono::milliseconds;

/// sysexits.h calls it EX_TEMPFAIL.
constexpr int exit_retry = 75;
constexpr std::size_t kept_output = std::size_t{64} << 10U;
constexpr std::size_t longest_line = 2000;
constexpr int most_log_lines = 1000;
/// How often the action looks whether it should end; the context has nothing to wait on.
constexpr milliseconds glance{50};
/// From SIGTERM to SIGKILL: within the grace that the executor gives (defaults::grace).
constexpr milliseconds polite{1000};

/// write() to a pipe that nobody reads raises SIGPIPE; here it only says EPIPE.
class no_sigpipe {
 public:
  no_sigpipe() {
    ::sigemptyset(&only_);
    ::sigaddset(&only_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &only_, &before_);
  }
  ~no_sigpipe() {
    if (::sigismember(&before_, SIGPIPE) == 0) {
      const timespec now{0, 0};
      ::sigtimedwait(&only_, nullptr, &now);
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  no_sigpipe(const no_sigpipe&) = delete;
  no_sigpipe& operator=(const no_sigpipe&) = delete;

 private:
  sigset_t only_{}, before_{};
};

/// Writes what the pipe takes; closes it when all is written or nobody reads.
void write_some(owned_fd& to, std::string_view& rest) {
  const no_sigpipe quiet;
  while (!rest.empty()) {
    const ssize_t written = ::write(to.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) return;
    if (written < 0) break;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  to.reset();
}

/// Reads what there is, up to a bound; closes at the end of file. False when there is nothing more for now.
template <class Sink>
bool read_some(owned_fd& from, Sink& sink) {
  if (!from) return false;
  std::array<char, std::size_t{16} << 10U> bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  const ssize_t got = ::read(from.get(), bytes.data(), bytes.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got <= 0) {
    from.reset();
    return false;
  }
  sink.feed({bytes.data(), static_cast<std::size_t>(got)});
  return true;
}

/// One run of the program.
class exec_run {
 public:
  exec_run(child_process child, std::string input, context& ctx)
      : child_(std::move(child)), input_(std::move(input)), ctx_(ctx) {}

  /// Its wait status (see child_process::wait); `stopped()` tells whether it was asked to end.
  std::optional<int> finish() {
    std::string_view rest{input_};
    for (;;) {
      write_some_if_open(rest);
      std::array<pollfd, 4> fds{pollfd{child_.death(), POLLIN, 0}, pollfd{child_.output().get(), POLLIN, 0},
                                pollfd{child_.errors().get(), POLLIN, 0},
                                pollfd{child_.input().get(), POLLOUT, 0}};
      ::poll(fds.data(), fds.size(), static_cast<int>(glance.count()));
      read_some(child_.output(), output_);
      read_some(child_.errors(), errors_);
      if (fds[0].revents != 0) break;
      end_if_asked();
    }
    const std::optional<int> status =
        child_.wait();  // ends its group too, so that the pipes have no writer left
    drain();
    return status;
  }

  bool stopped() const { return asked_at_.has_value(); }
  std::string message() const { return output_.last_line(); }

 private:
  void write_some_if_open(std::string_view& rest) {
    if (child_.input()) write_some(child_.input(), rest);
  }

  void end_if_asked() {
    if (!asked_at_ && ctx_.stop_requested()) {
      asked_at_ = boot_clock::now();
      child_.signal_group(SIGTERM);
      child_.signal_group(SIGCONT);  // a stopped program would not see it
    } else if (asked_at_ && boot_clock::now() - *asked_at_ >= polite) {
      child_.signal_group(SIGKILL);
    }
  }

  /// What is still in the pipes; a daemon that left the group may hold them open, so only what is there now.
  void drain() {
    constexpr int most_reads = 64;
    for (int i = 0; i < most_reads && read_some(child_.output(), output_); ++i) {
    }
    for (int i = 0; i < most_reads && read_some(child_.errors(), errors_); ++i) {
    }
    errors_.finish();
  }

  void log(const std::string& line) {
    if (lines_ < most_log_lines)
      ctx_.log(line);
    else if (lines_ == most_log_lines)
      ctx_.log("more lines on stderr are not logged");
    if (lines_ <= most_log_lines) ++lines_;
  }

  child_process child_;
  const std::string input_;
  context& ctx_;
  tail output_{kept_output};
  int lines_ = 0;
  line_cutter errors_{longest_line, [this](const std::string& line) { log(line); }};
  std::optional<boot_time> asked_at_;
};

std::vector<std::string> variables_of(const task& what, const context& ctx) {
  std::vector<std::string> variables = runner::environment_without([](std::string_view name) {
    constexpr std::array<std::string_view, 8> ours{"WEIR_TASK_ID",       "WEIR_TASK_NAME",  "WEIR_TASK_KEY",
                                                   "WEIR_STREAM",        "WEIR_ATTEMPT",    "WEIR_NODE",
                                                   "WEIR_FENCING_TOKEN", "WEIR_TRACEPARENT"};
    return runner::is_secret(name) || std::find(ours.begin(), ours.end(), name) != ours.end();
  });
  variables.push_back("WEIR_TASK_ID=" + std::to_string(what.id));
  variables.push_back("WEIR_TASK_NAME=" + what.name);
  if (what.key) variables.push_back("WEIR_TASK_KEY=" + *what.key);
  variables.push_back("WEIR_STREAM=" + what.stream);
  variables.push_back("WEIR_ATTEMPT=" + std::to_string(ctx.attempt()));
  variables.push_back("WEIR_NODE=" + ctx.node());
  variables.push_back("WEIR_FENCING_TOKEN=" + std::to_string(ctx.fencing_token()));
  if (!what.traceparent.empty()) variables.push_back("WEIR_TRACEPARENT=" + what.traceparent);
  return variables;
}

std::string signal_name(int number) {
  const char* name = ::sigabbrev_np(number);
  return name != nullptr ? std::string{"SIG"} + name : "signal " + std::to_string(number);
}

outcome judge(const exec_run& run, int status) {
  std::string message = run.message();
  const auto with_default = [&](const std::string& text) { return message.empty() ? text : message; };
  if (WIFSIGNALED(status)) {
    const std::string text = "killed by " + signal_name(WTERMSIG(status));
    if (!run.stopped()) throw runner::crashed(message.empty() ? text : text + ": " + message);
    return outcome::retry("ended when asked to, " + text);
  }
  const int code = WEXITSTATUS(status);
  if (code == 0) return outcome::success(std::move(message));
  // A program that gives up because it was told to has not failed.
  if (code == exit_retry || run.stopped())
    return outcome::retry(with_default("exited with status " + std::to_string(code)));
  return outcome::failure(with_default("exited with status " + std::to_string(code)));
}

}  // namespace

action make_exec_action(const action_config& config) {
  return [command = config.command, directory = config.directory](const task& what, context& ctx) {
    auto child = child_process::start({command, variables_of(what, ctx), directory});
    if (!child) {
      if (child.error().code == errc::overloaded) return outcome::retry(child.error().message);
      return outcome::failure(child.error().message);
    }
    exec_run run{std::move(*child), task_json(what) + "\n", ctx};
    const std::optional<int> status = run.finish();
    // SIGCHLD ignored, or somebody who waits for any child: then nobody can tell how it went.
    if (!status) return outcome::retry("this program's exit status was taken by other code of the node");
    return judge(run, *status);
  };
}

}  // namespace weir::actions
