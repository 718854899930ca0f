// The pool: one mutex over a queue and a table of open runs, workers that take from it, and a watcher that
// abandons what overstays. Workers hold the core by shared_ptr, so an abandoned one never outlives it.
#include "runner/thread_pool.hpp"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <weir/assert.hpp>

#include "domain/duration_text.hpp"
#include "runner/hooked_term.hpp"
#include "runner/open_run.hpp"
#include "runner/perform.hpp"
#include "runner/run_book.hpp"

namespace weir::runner {

namespace {

using domain::run_request;
using domain::run_result;
using domain::run_verdict;
using std::chrono::milliseconds;

constexpr std::size_t absurd_queue = 100'000;
/// The watcher looks at least this often: its condition variable does not count suspended time, deadlines do.
constexpr milliseconds longest_nap{1000};

wall_time wall_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

class thread_executor::core : public std::enable_shared_from_this<core> {
 public:
  core(const action_table& actions, thread_options options, on_verdict verdicts, log_sink log)
      : actions_(actions),
        options_(std::move(options)),
        verdicts_(std::move(verdicts)),
        log_(std::move(log)),
        term_(options_.term, owned_until_, log_) {
    WEIR_ASSERT(options_.threads >= 1 && options_.threads <= 1024);
    if (options_.max_leaked == 0) options_.max_leaked = std::max(8, 2 * options_.threads);
  }

  void start(std::vector<run_request> requests) {
    std::vector<run_ptr> runs;
    runs.reserve(requests.size());
    for (run_request& one : requests)
      runs.push_back(std::make_shared<open_run>(std::move(one), owned_until_));
    std::unique_lock lock{mutex_};
    for (const run_ptr& run : runs) {
      if (closing_) {
        give(lock, over(*run, run_result::interrupted, "the stream is being closed"));
        continue;
      }
      WEIR_ASSERT(queue_.size() < absurd_queue);
      const bool fresh = open_.emplace(run->request.run_id, run).second;
      WEIR_ASSERT(fresh);
      term_.want(run->request.fencing_token);
      queue_.push_back(run);
      staff();
    }
    wake_one();
  }

  void open(std::uint64_t fencing_token) {
    const std::lock_guard lock{mutex_};
    if (closing_) return;
    term_.want(fencing_token);
    staff();
    wake_one();
  }

  void extend(boot_time deadline) {
    owned_until_->set(deadline);
    const std::lock_guard lock{mutex_};  // not between a worker's look at the deadline and its wait
    if (!queue_.empty() || term_.waits()) work_.notify_all();
  }

  void interrupt(std::uint64_t run_id, milliseconds grace) {
    std::unique_lock lock{mutex_};
    const auto found = open_.find(run_id);
    if (found != open_.end()) ask_to_end(lock, found->second, grace);
  }

  void close(milliseconds grace) {
    std::unique_lock lock{mutex_};
    closing_ = true;
    term_.close();
    for (const run_ptr& run : all_open()) ask_to_end(lock, run, grace);
    staff();
    work_.notify_all();
  }

  bool closed() const {
    const std::lock_guard lock{mutex_};
    return closing_ && runs_over() && callbacks_ == 0 && !term_.in_the_way();
  }

  int leaked() const {
    const std::lock_guard lock{mutex_};
    return leaked_;
  }

  /// Ends everything; returns when only abandoned threads are left, and those without callbacks.
  void shut_down() {
    std::unique_lock lock{mutex_};
    closing_ = true;
    term_.stop();
    for (const run_ptr& run : all_open()) ask_to_end(lock, run, milliseconds{0});
    for (const run_ptr& run : all_open()) abandon(lock, run);
    ended_ = true;
    work_.notify_all();
    watch_.notify_all();
    gone_.wait(lock, [this] { return workers_ == 0 && !watching_ && callbacks_ == 0; });
  }

 private:
  using lock_type = std::unique_lock<std::mutex>;

  std::vector<run_ptr> all_open() const {
    std::vector<run_ptr> runs;
    runs.reserve(open_.size());
    for (const auto& [id, run] : open_) runs.push_back(run);
    return runs;
  }

  /// Takes the run off the books; what its thread says later is dropped.
  run_verdict over(open_run& run, run_result result, std::string message) {
    const bool ran = run.now == open_run::phase::running;
    run.now = open_run::phase::over;
    open_.erase(run.request.run_id);
    run_verdict verdict;
    verdict.run_id = run.request.run_id;
    verdict.result = result;
    verdict.message = std::move(message);
    verdict.started_at = ran ? run.started_at : wall_now();
    if (ran) verdict.took = std::chrono::duration_cast<milliseconds>(boot_clock::now() - run.started);
    return verdict;
  }

  /// Calls back without the lock; shut_down waits for it.
  void give(lock_type& lock, run_verdict verdict) {
    ++callbacks_;
    lock.unlock();
    verdicts_(std::move(verdict));
    lock.lock();
    if (--callbacks_ == 0 && ended_) gone_.notify_all();
  }

  // By value: over() takes the run out of the table, and the table's may have been the last hold on it.
  // NOLINTNEXTLINE(performance-unnecessary-value-param)
  void ask_to_end(lock_type& lock, run_ptr run, milliseconds grace) {
    if (run->now == open_run::phase::queued) {
      queue_.erase(std::remove(queue_.begin(), queue_.end(), run), queue_.end());
      give(lock, over(*run, run_result::interrupted, "ended before it started"));
    } else if (run->now == open_run::phase::running) {
      run->control.stop();
      const boot_time at = later(boot_clock::now(), grace);
      if (at < run->abandon_at) {
        run->abandon_at = at;
        run->abandon_as = run_result::interrupted;
        watch_for(at);
      }
    }
  }

  void abandon(lock_type& lock, run_ptr run) {  // NOLINT(performance-unnecessary-value-param): as above
    if (run->now != open_run::phase::running) return;
    --workers_;
    ++leaked_;
    const bool timeout = run->abandon_as == run_result::timeout;
    const milliseconds limit = actions_.at(run->request.name).options.timeout.value_or(milliseconds{0});
    const std::string why =
        timeout ? "timed out after " + domain::format_duration(limit) : std::string{"interrupted"};
    const std::string how_far = run->progress.empty() ? std::string{} : " (at " + run->progress + ")";
    run_verdict verdict = over(*run, run->abandon_as, why + " and did not end when asked to" + how_far);
    if (log_) {
      const int room = options_.max_leaked - leaked_;
      log_(line_about(run->request, log_level::error,
                      why + "; its thread goes on by itself (" + std::to_string(leaked_) + " such threads" +
                          (room < 0 ? ", no more are replaced: restart the node)" : ")")));
    }
    staff();
    give(lock, std::move(verdict));
  }

  /// Starts a thread if there is more to do than idle threads, and room.
  void staff() {
    const int room = options_.threads - std::max(0, leaked_ - options_.max_leaked);
    const std::size_t wanted = queue_.size() + (term_.waits() ? 1 : 0);
    if (ended_ || wanted <= static_cast<std::size_t>(idle_) || workers_ >= room) return;
    try {
      std::thread{[self = shared_from_this()] { self->work(); }}.detach();
      ++workers_;
    } catch (const std::system_error& e) {
      complain(e);  // with a thread at work the queue still moves; without one the next start tries again
    }
  }

  /// One at a time, who then wakes the next: a thread that is at work already takes short runs sooner than a sleeping
  /// one can, and a wake-up for each of them costs more than they do.
  void wake_one() {
    if (waking_ || idle_ == 0) return;
    waking_ = true;
    work_.notify_one();
  }

  void complain(const std::system_error& e) const {
    if (log_) log_({log_level::error, {}, 0, {}, 0, std::string{"cannot start a thread: "} + e.what()});
  }

  /// Passes on what the action logs, until its run is over: an abandoned thread is not listened to.
  void hear(open_run& run, const log_line& line) {
    lock_type lock{mutex_};
    if (run.now == open_run::phase::over || !log_) return;
    if (line.level == log_level::progress) run.progress = line.text;
    ++callbacks_;
    lock.unlock();
    log_(line);
    lock.lock();
    if (--callbacks_ == 0 && ended_) gone_.notify_all();
  }

  bool may_take() const {
    return !queue_.empty() && term_.ready() && boot_clock::now() < owned_until_->get();
  }

  bool runs_over() const { return open_.empty() && (!options_.wait_for_abandoned || leaked_ == 0); }
  void wait_for_work(lock_type& lock) {
    const boot_time next = term_.next_try();
    const boot_time now = boot_clock::now();
    if (next == boot_time::max() || next <= now)  // due already: the deadline holds it up, and extend tells
      work_.wait(lock);
    else
      work_.wait_for(lock, std::min<boot_time::duration>(next - now, longest_nap));
    waking_ = false;
  }

  void work() {
    ::pthread_setname_np(::pthread_self(), "weir-run");
    lock_type lock{mutex_};
    for (;;) {
      ++idle_;
      while (!ended_ && !may_take() && !term_.due(runs_over())) wait_for_work(lock);
      --idle_;
      if (ended_) break;
      if (term_.due(runs_over())) {
        term_.call(lock);
        work_.notify_all();
        continue;
      }
      const run_ptr run = std::move(queue_.front());
      queue_.pop_front();
      if (!queue_.empty()) wake_one();
      begin(*run);
      lock.unlock();
      if (options_.on_started) options_.on_started(run->request, run->started_at);
      const auto hear_run = [this, r = run.get()](const log_line& line) { hear(*r, line); };
      run_verdict verdict = perform(actions_, run->request, options_.node, run->control, hear_run);
      lock.lock();
      if (run->now == open_run::phase::over) {  // abandoned: another thread took this one's place
        --leaked_;
        work_.notify_all();  // a goodbye may have waited for it
        return;
      }
      run->now = open_run::phase::over;
      open_.erase(run->request.run_id);
      give(lock, std::move(verdict));
    }
    --workers_;
    gone_.notify_all();
  }

  void begin(open_run& run) {
    run.now = open_run::phase::running;
    run.started = boot_clock::now();
    run.started_at = wall_now();
    const auto found = actions_.find(run.request.name);
    if (found == actions_.end() || !found->second.options.timeout) return;
    const boot_time timeout_at = later(run.started, *found->second.options.timeout);
    run.control.set_timeout(timeout_at);
    if (!options_.abandon_at_timeout) return;
    run.abandon_at = later(timeout_at, options_.grace);
    run.abandon_as = run_result::timeout;
    watch_for(run.abandon_at);
  }

  void watch_for(boot_time at) {
    if (watching_) {
      if (at < next_look_) watch_.notify_one();
      return;
    }
    if (ended_) return;
    try {
      std::thread{[self = shared_from_this()] { self->watch(); }}.detach();
      watching_ = true;
    } catch (const std::system_error& e) {
      complain(e);  // the next run with a limit tries again
    }
  }

  /// The watcher's thread: abandons what is due, sleeps until the next.
  void watch() {
    ::pthread_setname_np(::pthread_self(), "weir-watch");
    lock_type lock{mutex_};
    while (!ended_) {
      const boot_time now = boot_clock::now();
      next_look_ = boot_time::max();
      std::vector<run_ptr> due;
      for (const auto& [id, run] : open_) {
        if (run->abandon_at <= now)
          due.push_back(run);
        else
          next_look_ = std::min(next_look_, run->abandon_at);
      }
      for (const run_ptr& run : due) abandon(lock, run);
      if (!due.empty()) continue;
      if (next_look_ == boot_time::max())
        watch_.wait(lock);
      else
        watch_.wait_for(lock, std::min<boot_time::duration>(next_look_ - now, longest_nap));
    }
    watching_ = false;
    gone_.notify_all();
  }

  const action_table actions_;
  thread_options options_;
  const on_verdict verdicts_;
  const log_sink log_;
  const std::shared_ptr<shared_instant> owned_until_ = std::make_shared<shared_instant>();

  mutable std::mutex mutex_;
  std::condition_variable work_, watch_, gone_;
  std::deque<run_ptr> queue_;
  std::unordered_map<std::uint64_t, run_ptr> open_;
  hooked_term term_;
  boot_time next_look_ = boot_time::max();
  int workers_ = 0;  ///< threads that belong to the pool; abandoned ones do not
  int idle_ = 0;
  int leaked_ = 0;
  int callbacks_ = 0;
  bool waking_ = false;  ///< a thread was woken and has not looked yet
  bool watching_ = false;
  bool closing_ = false;
  bool ended_ = false;
};

thread_executor::thread_executor(const action_table& actions, thread_options options, on_verdict verdicts,
                                 log_sink log)
    : core_(std::make_shared<core>(actions, std::move(options), std::move(verdicts), std::move(log))) {}

thread_executor::thread_executor(const action_table& actions, std::string node, int threads,
                                 on_verdict verdicts, log_sink log)
    : thread_executor(
          actions,
          [&] {
            thread_options options;
            options.node = std::move(node);
            options.threads = threads;
            return options;
          }(),
          std::move(verdicts), std::move(log)) {}

thread_executor::~thread_executor() { core_->shut_down(); }

void thread_executor::start_all(std::vector<run_request> requests) { core_->start(std::move(requests)); }
void thread_executor::open(std::uint64_t fencing_token) { core_->open(fencing_token); }
void thread_executor::extend(boot_time deadline) { core_->extend(deadline); }
void thread_executor::interrupt(std::uint64_t run_id, milliseconds grace) { core_->interrupt(run_id, grace); }
bool thread_executor::closed() { return core_->closed(); }
void thread_executor::close(milliseconds grace) { core_->close(grace); }
int thread_executor::leaked_threads() const { return core_->leaked(); }

}  // namespace weir::runner
