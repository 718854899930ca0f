// The loop: one thread that starts the runner, feeds it, listens to it, ends it and draws the conclusions.
// Members of the executor only leave word for it.
#include "runner/process_executor.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <weir/assert.hpp>

#include "runner/perform.hpp"
#include "runner/run_book.hpp"
#include "runner/runner_end.hpp"
#include "runner/runner_process.hpp"

namespace weir::runner {

namespace {

using domain::run_request;
using domain::run_result;
using domain::run_verdict;
using std::chrono::milliseconds;

constexpr std::size_t absurd_queue = 100'000;
constexpr int most_runs = 64;
/// After a runner that could not be started or said nothing: doubled up to the second value.
constexpr milliseconds first_pause{100}, longest_pause{5000};
/// A runner that closed its socket is ended if it does not end by itself.
constexpr milliseconds goodbye{1000};
/// poll() does not count suspended time, deadlines do: look at least this often while there are any.
constexpr milliseconds longest_nap{1000};

struct interrupt_word {
  std::uint64_t run_id;
  milliseconds grace;
};
struct close_word {
  milliseconds grace;
};
using word = std::variant<run_request, open_frame, interrupt_word, close_word>;

wall_time wall_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

class process_executor::loop {
 public:
  loop(const action_table& actions, process_options options, on_verdict verdicts, log_sink log)
      : actions_(actions),
        options_(std::move(options)),
        verdicts_(std::move(verdicts)),
        log_(std::move(log)) {
    WEIR_ASSERT(options_.concurrency >= 1 && options_.payload_limit > 0);
    options_.concurrency = std::min(options_.concurrency, most_runs);
    wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    WEIR_ASSERT(wake_);
    thread_ = std::thread{[this] { run(); }};
  }

  ~loop() {
    {
      const std::lock_guard lock{mutex_};
      ended_ = true;
    }
    leave(close_word{milliseconds{0}});
    thread_.join();
  }
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  void leave(word what) {
    {
      const std::lock_guard lock{mutex_};
      WEIR_ASSERT(words_.size() < absurd_queue);
      words_.push_back(std::move(what));
    }
    wake();
  }

  void extend(boot_time deadline) {
    const std::lock_guard lock{mutex_};
    new_deadline_ = deadline;
    wake();
  }

  bool closed() const { return closed_.load(std::memory_order_acquire); }
  int pid() const { return pid_.load(std::memory_order_relaxed); }

 private:
  void wake() const { ::eventfd_write(wake_.get(), 1); }

  void run() {
    ::pthread_setname_np(::pthread_self(), "weir-runner");
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    for (;;) {
      const bool last_round = hear_words();
      look_at_clock();
      keep_runner();
      if (closing_ && !child_ && book_.empty()) {
        closed_.store(true, std::memory_order_release);
        if (last_round) return;
      }
      if (child_) child_->flush();
      wait();
    }
  }

  /// Takes what was left since the last round. True once the executor itself goes.
  bool hear_words() {
    std::vector<word> words;
    std::optional<boot_time> deadline;
    bool ended = false;
    {
      const std::lock_guard lock{mutex_};
      words.swap(words_);
      deadline = std::exchange(new_deadline_, std::nullopt);
      ended = ended_;
    }
    if (deadline) {
      deadline_ = *deadline;
      if (child_) child_->extend(*deadline);
    }
    for (word& what : words) std::visit([this](auto& w) { obey(w); }, what);
    return ended;
  }

  void obey(run_request& request) {
    if (closing_) return never_ran(request, "the stream is being closed");
    WEIR_ASSERT(book_.waiting() < absurd_queue);
    if (request.data.size() > 2 * options_.payload_limit) {
      return never_ran(request, "its data is over twice limits.payload", run_result::failure);
    }
    see_token(request.fencing_token);
    book_.add(std::move(request));
  }

  /// The node may have renewed its claim since the stream came: no session begins under less than what the
  /// outside has seen already.
  void see_token(std::uint64_t token) {
    if (session_) session_->fencing_token = std::max(session_->fencing_token, token);
  }

  void obey(const open_frame& wanted) {
    if (closing_) return;
    session_ = wanted;
    if (child_) child_->send(frame{wanted});
  }

  void obey(const interrupt_word& wanted) {
    if (const auto waiting = book_.drop_waiting(wanted.run_id)) {
      never_ran(*waiting, "ended before it started");
    } else if (book_.ask(wanted.run_id, later(boot_clock::now(), wanted.grace)) && child_) {
      child_->send(stop_frame{wanted.run_id});
    }
  }

  void obey(const close_word& wanted) {
    for (const run_request& request : book_.drop_all_waiting()) never_ran(request, "ended before it started");
    const boot_time at = later(boot_clock::now(), wanted.grace);
    book_.ask_all(at);
    kill_at_ = std::min(kill_at_, at);
    if (child_ && !closing_) child_->send(close_frame{});
    closing_ = true;
  }

  void look_at_clock() {
    if (!child_) return;
    const boot_time now = boot_clock::now();
    for (const std::uint64_t run : book_.ask_timed_out(now, options_.grace)) child_->send(stop_frame{run});
    if (killed_ != killed::no) return;
    if (book_.overstayed(now))
      killed_ = killed::for_a_run;
    else if (now >= kill_at_)
      killed_ = deaf_ ? killed::as_broken : killed::at_close;
    if (killed_ != killed::no) child_->kill();
  }

  /// Starts a runner where one is needed and may live, and hands it runs.
  void keep_runner() {
    const boot_time now = boot_clock::now();
    if (!child_ && needs_runner() && now < deadline_ && now >= next_start_) {
      invitation invited;
      invited.stream = options_.stream;
      invited.node = options_.node;
      invited.payload_limit = options_.payload_limit;
      invited.kept_fds = options_.inherit_fds;
      invited.with_database = options_.with_database;
      auto started = runner_process::start(invited);
      if (!started) {
        say(log_level::error, started.error().message);
        pause_before_next_start();
        return;
      }
      child_ = std::move(*started);
      pid_ = child_->pid();
      child_->extend(deadline_);
      if (session_) child_->send(*session_);
    }
    if (!child_ || killed_ != killed::no || closing_) return;
    while (const run_request* next = book_.send_next(static_cast<std::size_t>(options_.concurrency))) {
      child_->send(frame{*next});
    }
  }

  bool needs_runner() const { return book_.waiting() > 0 || (session_ && !closing_); }

  void wait() {
    std::array<pollfd, 3> fds{pollfd{wake_.get(), POLLIN, 0}, pollfd{-1, 0, 0}, pollfd{-1, POLLIN, 0}};
    if (child_) {
      fds[1] = {deaf_ ? -1 : child_->socket(),
                static_cast<short>(POLLIN | (child_->wants_to_write() ? POLLOUT : 0)), 0};
      fds[2].fd = child_->death_fd();
    }
    ::poll(fds.data(), fds.size(), patience());
    if (fds[0].revents != 0) {
      eventfd_t count = 0;
      ::eventfd_read(wake_.get(), &count);
    }
    if (!child_) return;
    if (fds[2].revents != 0) {
      while (!deaf_ && listen()) {
      }
      if (const auto end = child_->ended()) bury(*end);
    } else if ((fds[1].revents & ~POLLOUT) != 0) {
      listen();
    }
  }

  /// Milliseconds until something is due by itself; -1 for never.
  int patience() const {
    const boot_time now = boot_clock::now();
    boot_time next = boot_time::max();
    if (child_) {
      if (killed_ == killed::no) next = std::min(book_.next_event(), kill_at_);
    } else if (needs_runner() && now < deadline_) {
      next = next_start_;
    }
    if (next == boot_time::max()) return -1;
    if (next <= now) return 0;
    const auto wait = std::min<boot_time::duration>(next - now, longest_nap);
    return static_cast<int>(std::chrono::ceil<milliseconds>(wait).count());
  }

  /// Reads once. False when there was nothing.
  bool listen() {
    runner_process::received heard = child_->receive();
    for (frame& what : heard.frames) std::visit([this](auto& f) { take(f); }, what);
    if (heard.gone) {
      const bool garbage = !heard.complaint.empty();
      if (garbage) say(log_level::error, "the runner's answers make no sense: " + heard.complaint);
      hang_up(garbage ? milliseconds{0} : goodbye);
    }
    return heard.bytes > 0;
  }

  void hang_up(milliseconds grace) {
    deaf_ = true;
    kill_at_ = std::min(kill_at_, boot_clock::now() + grace);
  }

  void take(const hello_frame& hello) {
    if (!options_.hooked) is_useful();
    static std::atomic<bool> warned{false};  // once is enough: it is the same for all runners of this process
    if (!hello.contained && !warned.exchange(true)) say(log_level::warning, hello.warning);
  }
  void take(const opened_frame&) { is_useful(); }
  void take(const armed_frame& armed) { armed_until_ = armed.deadline; }
  void take(const started_frame& started) {
    std::optional<milliseconds> timeout;
    if (const run_request* request = book_.sent(started.run_id)) {
      const auto action = actions_.find(request->name);
      if (action != actions_.end()) timeout = action->second.options.timeout;
    }
    book_.started(started.run_id, started.at, boot_clock::now(), timeout);
  }
  void is_useful() {
    useful_ = true;
    pause_ = milliseconds{0};
  }
  void take(run_verdict& verdict) {
    if (book_.finished(verdict.run_id)) verdicts_(std::move(verdict));
  }
  void take(log_line& line) {
    if (line.level == log_level::progress) book_.progressed(line.task_id, line.text);
    if (log_) log_(line);
  }
  /// What only a node says: an action wrote into the runner's socket.
  template <class Other>
  void take(const Other&) {
    say(log_level::error, "the runner sent a frame that only a node sends");
    hang_up(milliseconds{0});
  }

  /// The runner is gone for certain: verdicts for what it had.
  void bury(const runner_end& end) {
    const boot_time now = boot_clock::now();
    const bool by_deadline = end.signal == SIGKILL && now >= std::min(armed_until_, deadline_);
    for (const sent_run& run : book_.runner_gone()) {
      run_verdict verdict = last_word(run, {end, killed_, by_deadline, now, wall_now()});
      if (const auto wrong = what_went_wrong(verdict, false); wrong && log_)
        log_(line_about(run.request, log_level::error, *wrong));
      verdicts_(std::move(verdict));
    }
    if (closing_) {
      for (const run_request& request : book_.drop_all_waiting())
        never_ran(request, "ended before it started");
    }
    if (!useful_ && killed_ == killed::no && !by_deadline) {
      say(log_level::error, "a runner process " + to_text(end) + " before it could run anything");
      pause_before_next_start();
    }
    child_.reset();
    pid_ = 0;
    killed_ = killed::no;
    deaf_ = useful_ = false;
    armed_until_ = boot_time::max();
    if (!closing_) kill_at_ = boot_time::max();
  }

  void never_ran(const run_request& request, const char* why, run_result result = run_result::interrupted) {
    run_verdict verdict;
    verdict.run_id = request.run_id;
    verdict.result = result;
    verdict.message = why;
    verdict.started_at = wall_now();
    verdicts_(std::move(verdict));
  }

  void pause_before_next_start() {
    pause_ = std::clamp(pause_ * 2, first_pause, longest_pause);
    next_start_ = boot_clock::now() + pause_;
  }

  void say(log_level level, const std::string& text) const {
    if (log_) log_({level, options_.stream, 0, {}, 0, text});
  }

  const action_table actions_;
  process_options options_;
  const on_verdict verdicts_;
  const log_sink log_;
  owned_fd wake_;
  std::atomic<bool> closed_{false};
  std::atomic<int> pid_{0};

  std::mutex mutex_;  ///< guards the four below
  std::vector<word> words_;
  std::optional<boot_time> new_deadline_;
  bool ended_ = false;

  // From here on: the loop's thread only.
  run_book book_;
  std::optional<open_frame> session_;  ///< wanted even without runs
  std::unique_ptr<runner_process> child_;
  boot_time deadline_{};                      ///< as last promised by the node
  boot_time armed_until_ = boot_time::max();  ///< as the runner's kernel timers are known to stand
  boot_time kill_at_ = boot_time::max();      ///< the runner as a whole
  boot_time next_start_{};
  milliseconds pause_{0};
  killed killed_ = killed::no;
  bool deaf_ = false;    ///< its socket is at its end
  bool useful_ = false;  ///< it said hello, and its open hook has succeeded
  bool closing_ = false;

  std::thread thread_;
};

process_executor::process_executor(const action_table& actions, process_options options, on_verdict verdicts,
                                   log_sink log)
    : loop_(std::make_unique<loop>(actions, std::move(options), std::move(verdicts), std::move(log))) {}

process_executor::~process_executor() = default;
void process_executor::start_all(std::vector<run_request> requests) {
  for (run_request& one : requests) loop_->leave(std::move(one));
}
void process_executor::open(std::uint64_t fencing_token) { loop_->leave(open_frame{fencing_token}); }
void process_executor::extend(boot_time deadline) { loop_->extend(deadline); }
void process_executor::interrupt(std::uint64_t run_id, milliseconds grace) {
  loop_->leave(interrupt_word{run_id, grace});
}
bool process_executor::closed() { return loop_->closed(); }
void process_executor::close(milliseconds grace) { loop_->leave(close_word{grace}); }
int process_executor::pid() const { return loop_->pid(); }

}  // namespace weir::runner
