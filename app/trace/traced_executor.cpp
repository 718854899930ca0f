#include "app/trace/traced_executor.hpp"

#include <cstring>
#include <mutex>
#include <random>
#include <unordered_map>
#include <utility>

#include "app/trace/run_span.hpp"
#include "app/watched_executor.hpp"

namespace weir::app::trace {

namespace {

/// Ids of traces and spans; nobody has to be unable to guess them.
class id_source {
 public:
  template <class Id>
  Id next() {
    static_assert(sizeof(Id) % sizeof(std::uint64_t) == 0);
    Id id{};
    for (std::size_t at = 0; at < id.size(); at += sizeof(std::uint64_t)) {
      const std::uint64_t some = engine_();
      std::memcpy(id.data() + at, &some, sizeof some);
    }
    return id;
  }

 private:
  static std::mt19937_64 seeded() {
    std::random_device entropy;
    std::seed_seq seed{entropy(), entropy(), entropy(), entropy()};
    return std::mt19937_64{seed};
  }
  std::mt19937_64 engine_ = seeded();
};

/// The runs of one executor that are under way and recorded. Threads: any.
class trace_book final : public run_watcher {
 public:
  trace_book(std::string stream, domain::trace_rule rule, span_exporter& to)
      : stream_(std::move(stream)), rule_(rule), to_(to) {}

  void begin(std::vector<domain::run_request>& requests) override {
    const std::lock_guard guard(lock_);
    for (domain::run_request& request : requests) {
      const auto producer = domain::parse_traceparent(request.traceparent);
      const auto trace =
          rule_.begin(producer, ids_.next<domain::trace_id_bytes>(), ids_.next<domain::span_id_bytes>());
      request.traceparent = domain::to_traceparent(trace.own);
      if (!trace.own.sampled) continue;
      runs_[request.run_id] = {trace,       producer,           request.task_id, request.name,
                               request.key, request.created_at, request.attempt, request.fencing_token};
    }
  }

  void end(const domain::run_verdict& verdict) override {
    const std::optional<traced_run> run = taken(verdict.run_id);
    if (!run) return;
    if (auto made = span_of(*run, stream_, verdict)) to_.add(std::move(*made));
  }

 private:
  std::optional<traced_run> taken(std::uint64_t run_id) {
    const std::lock_guard guard(lock_);
    const auto found = runs_.find(run_id);
    if (found == runs_.end()) return std::nullopt;
    traced_run run = std::move(found->second);
    runs_.erase(found);
    return run;
  }

  const std::string stream_;
  const domain::trace_rule rule_;
  span_exporter& to_;
  std::mutex lock_;
  id_source ids_;
  std::unordered_map<std::uint64_t, traced_run> runs_;
};

}  // namespace

actors::executor_factory traced(actors::executor_factory make, domain::trace_rule rule, span_exporter& to) {
  return watched(std::move(make), [rule, &to](const std::string& stream) {
    return std::make_shared<trace_book>(stream, rule, to);
  });
}

}  // namespace weir::app::trace
