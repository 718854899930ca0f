// Takes spans to a collector of OpenTelemetry, in batches, without holding up whoever has them.
//
// Telling of tasks must never cost one: the queue is bounded, what does not fit or is refused is dropped and counted.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <weir/boot_clock.hpp>
#include <weir/config.hpp>
#include <weir/defaults.hpp>
#include <weir/result.hpp>

#include "actions/http_get.hpp"
#include "app/trace/otlp_json.hpp"
#include "app/trace/span_counts.hpp"

namespace weir::app::trace {

struct span_exporter_options {
  std::string url;                     ///< whole; domain::check_trace_url has nothing against it
  std::vector<std::string> headers{};  ///< "Name: value", beside the type of the body
  resource from{};
  std::size_t queue = defaults::trace_queue;  ///< spans that wait, those of a request under way included
  std::size_t batch = defaults::trace_batch;  ///< above 0
  std::chrono::milliseconds flush = defaults::trace_flush;
  std::chrono::milliseconds patience = defaults::trace_patience;  ///< for one request
  std::chrono::milliseconds retry_first = defaults::trace_retry_first;
  std::chrono::milliseconds retry_max = defaults::trace_retry_max;
};

/// Thread-safe.
class span_exporter {
 public:
  /// Called on the exporter's thread, at most once a minute; must not throw, nor stop it. The text shows no password of
  /// the url.
  using on_trouble = std::function<void(const std::string&)>;

  /// Starts a thread of its own, which sleeps while there are no spans.
  span_exporter(span_exporter_options options, on_trouble tell);
  /// As stop(0).
  ~span_exporter();
  span_exporter(const span_exporter&) = delete;
  span_exporter& operator=(const span_exporter&) = delete;

  /// Waits for nothing but a lock that nobody holds for long.
  void add(span one);

  /// Sends what waits, and goes on trying for at most `patience`; drops the rest. Returns when the thread has ended: a
  /// request under way ends up to a second late. A later call shortens the patience of an earlier one, never lengthens
  /// it.
  void stop(std::chrono::milliseconds patience);

  span_counts counts() const;

 private:
  using lock = std::unique_lock<std::mutex>;

  void run();
  bool wait_for_batch(lock& guard);
  std::vector<span> next_batch();
  void deliver(const std::vector<span>& batch);
  result<actions::http_page> post(const std::string& body);
  std::string backlog() const;
  bool rest(std::chrono::milliseconds pause, bool was_stopping);
  bool stopping() const;
  bool out_of_time() const;
  std::chrono::milliseconds time_left() const;
  void settle(std::size_t all, std::uint64_t rejected, std::uint64_t span_counts::*otherwise);
  void tell(const std::string& trouble);

  const span_exporter_options options_;
  const std::vector<std::string> headers_;
  const retry_policy pauses_;
  const on_trouble tell_;
  std::optional<boot_time> told_at_;  // these two: the thread's own
  std::mt19937 dice_{std::random_device{}()};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<span> queue_;
  span_counts counts_;                ///< its `waiting`: those of the request under way
  std::optional<boot_time> stop_at_;  ///< set: stopping
  std::mutex ending_;                 ///< whoever has it waits for the thread's end
  std::thread thread_;
};

}  // namespace weir::app::trace
