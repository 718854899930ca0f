#include "app/trace/span_exporter.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <pthread.h>

#include <weir/assert.hpp>

#include "config/masking.hpp"
#include "domain/retry_delay.hpp"
#include "domain/task_bounds.hpp"

namespace weir::app::trace {

namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

constexpr auto tell_again = 60s;
/// A collector that wants to be left alone for longer is asked all the same.
constexpr milliseconds longest_wish = 5min;

std::vector<std::string> with_type(std::vector<std::string> headers) {
  headers.emplace_back("Content-Type: application/json");
  return headers;
}

retry_policy growing(milliseconds first, milliseconds max) {
  retry_policy out;
  out.kind = retry_policy::shape::exponential;
  out.delays = {first};
  out.max = max;
  return out;
}

/// Those that OTLP says to send again.
bool is_passing(long status) { return status == 429 || (status >= 502 && status <= 504); }

std::string count_of(std::uint64_t spans) {
  return std::to_string(spans) + (spans == 1 ? " span" : " spans");
}

/// What one request came to.
struct verdict {
  enum class sense { taken, again, refused };

  sense what = sense::again;
  std::uint64_t rejected = 0;  ///< taken: but for so many
  milliseconds wish{0};        ///< again: not before this
  std::string trouble{};       ///< what is to be told, "" = nothing
};

/// @param where  as people may see it
verdict judge(const result<actions::http_page>& page, const std::string& where) {
  verdict out;
  if (!page) {
    const bool stopped = page.error().code == errc::timeout;
    if (!stopped) {
      out.trouble = "no answer from " + config::masked_address(page.error().message) +
                    " (is the collector up, and the url right?)";
    }
    return out;
  }
  if (page->status >= 200 && page->status < 300) {
    out.what = verdict::sense::taken;
    const partial_success part = read_partial_success(page->body);
    out.rejected = static_cast<std::uint64_t>(part.rejected);
    if (part.rejected > 0)
      out.trouble = where + " rejected " + count_of(out.rejected) + ": " + domain::in_quotes(part.message);
    return out;
  }
  out.trouble = where + " answered HTTP " + std::to_string(page->status);
  if (!page->body.empty()) out.trouble += " " + domain::in_quotes(page->body);
  if (!is_passing(page->status)) {
    out.what = verdict::sense::refused;
    return out;
  }
  const auto wish = page->retry_after.value_or(0s);
  out.wish = wish < longest_wish ? milliseconds{wish} : longest_wish;
  return out;
}

}  // namespace

span_exporter::span_exporter(span_exporter_options options, on_trouble tell)
    : options_(std::move(options)),
      headers_(with_type(options_.headers)),
      pauses_(growing(options_.retry_first, options_.retry_max)),
      tell_(std::move(tell)) {
  WEIR_ASSERT(options_.batch > 0);
  thread_ = std::thread{[this] { run(); }};
}

span_exporter::~span_exporter() { stop(0ms); }

void span_exporter::add(span one) {
  const std::lock_guard guard{mutex_};
  if (stop_at_) {
    ++counts_.gave_up;
    return;
  }
  if (queue_.size() + counts_.waiting >= options_.queue) {
    ++counts_.queue_full;
    return;
  }
  queue_.push_back(std::move(one));
  // Between these two the thread waits for more.
  if (queue_.size() == 1 || queue_.size() == options_.batch) changed_.notify_all();
}

void span_exporter::stop(milliseconds patience) {
  {
    const std::lock_guard guard{mutex_};
    const boot_time until = boot_clock::now() + patience;
    stop_at_ = stop_at_ ? std::min(*stop_at_, until) : until;
  }
  changed_.notify_all();
  const std::lock_guard waits{ending_};
  if (thread_.joinable()) thread_.join();
}

span_counts span_exporter::counts() const {
  const std::lock_guard guard{mutex_};
  span_counts out = counts_;
  out.waiting += queue_.size();
  return out;
}

void span_exporter::run() {
  ::pthread_setname_np(::pthread_self(), "weir-traces");
  lock guard{mutex_};
  while (wait_for_batch(guard)) {
    const std::vector<span> batch = next_batch();
    guard.unlock();
    deliver(batch);
    guard.lock();
  }
  counts_.gave_up += queue_.size();
  queue_.clear();
}

/// False: nothing more is to be sent.
bool span_exporter::wait_for_batch(lock& guard) {
  changed_.wait(guard, [this] { return stop_at_ || !queue_.empty(); });
  if (!stop_at_)
    changed_.wait_for(guard, options_.flush, [this] { return stop_at_ || queue_.size() >= options_.batch; });
  return !queue_.empty() && !out_of_time();
}

/// With the lock.
std::vector<span> span_exporter::next_batch() {
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), options_.batch));
  std::vector<span> batch(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  counts_.waiting = batch.size();
  return batch;
}

void span_exporter::deliver(const std::vector<span>& batch) {
  const std::string where = config::masked_address(options_.url);
  const std::string body = otlp_json(batch, options_.from);
  for (int tries = 1;; ++tries) {
    const bool was_stopping = stopping();
    const verdict got = judge(post(body), where);
    switch (got.what) {
      case verdict::sense::taken:
        settle(batch.size(), got.rejected, &span_counts::exported);
        if (!got.trouble.empty()) tell(got.trouble);
        return;
      case verdict::sense::refused:
        settle(batch.size(), 0, &span_counts::refused);
        tell(got.trouble + ": " + count_of(batch.size()) + " dropped; look at the url and the headers");
        return;
      case verdict::sense::again: break;
    }
    if (!got.trouble.empty()) tell(got.trouble + ": " + backlog());
    const double luck = std::uniform_real_distribution<double>{}(dice_);
    if (!rest(std::max(got.wish, domain::back_off(pauses_, tries, luck)), was_stopping)) {
      settle(batch.size(), 0, &span_counts::gave_up);
      return;
    }
  }
}

result<actions::http_page> span_exporter::post(const std::string& body) {
  actions::page_request request;
  request.method = "POST";
  request.url = options_.url;
  request.headers = headers_;
  request.body = body;
  request.stop = [this] {
    const std::lock_guard guard{mutex_};
    return out_of_time();
  };
  {
    const std::lock_guard guard{mutex_};
    request.patience = std::min(options_.patience, time_left());
  }
  return actions::ask(request);
}

std::string span_exporter::backlog() const {
  const span_counts so_far = counts();
  return std::to_string(so_far.waiting) + " waiting for another try, " + std::to_string(so_far.queue_full) +
         " dropped so far for want of room";
}

/// Waits before another try; false: there is no time for one. A stop that came since the last one began ends the wait:
/// what waits has one more try at once, and further ones soon.
bool span_exporter::rest(milliseconds pause, bool was_stopping) {
  lock guard{mutex_};
  if (was_stopping) pause = std::min({pause, options_.retry_first, time_left()});
  changed_.wait_for(guard, pause, [&] { return stop_at_.has_value() != was_stopping || out_of_time(); });
  return !out_of_time();
}

bool span_exporter::stopping() const {
  const std::lock_guard guard{mutex_};
  return stop_at_.has_value();
}

/// With the lock.
bool span_exporter::out_of_time() const { return stop_at_ && boot_clock::now() >= *stop_at_; }

/// With the lock. At least a millisecond, since libcurl takes none for no bound.
milliseconds span_exporter::time_left() const {
  if (!stop_at_) return milliseconds::max();
  return std::max(std::chrono::ceil<milliseconds>(*stop_at_ - boot_clock::now()), 1ms);
}

/// The spans of a request have been answered for.
void span_exporter::settle(std::size_t all, std::uint64_t rejected, std::uint64_t span_counts::*otherwise) {
  const std::lock_guard guard{mutex_};
  const std::uint64_t lost = std::min<std::uint64_t>(rejected, all);
  counts_.refused += lost;
  counts_.*otherwise += all - lost;
  counts_.waiting = 0;
}

void span_exporter::tell(const std::string& trouble) {
  const boot_time now = boot_clock::now();
  if (!tell_ || (told_at_ && now - *told_at_ < tell_again)) return;
  told_at_ = now;
  tell_("traces: " + trouble);
}

}  // namespace weir::app::trace
