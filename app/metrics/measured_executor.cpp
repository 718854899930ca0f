#include "app/metrics/measured_executor.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <unordered_map>

#include "app/watched_executor.hpp"

namespace weir::app {

namespace {

/// The counters of one task name, looked up once a result: a lookup a task would be felt.
class name_counters {
 public:
  name_counters(std::string stream, std::string name, node_metrics& into)
      : stream_(std::move(stream)), name_(std::move(name)), into_(into) {}

  void count(domain::run_result result) {
    http::counter*& known = by_result_[static_cast<char>(result)];
    if (known == nullptr) known = &into_.attempts.with({stream_, name_, domain::to_string(result)});
    known->add();
  }

 private:
  const std::string stream_, name_;
  node_metrics& into_;
  std::map<char, http::counter*> by_result_;
};

/// Runs under way in one executor, and what becomes of them. Threads: any.
class run_book final : public run_watcher {
 public:
  run_book(const std::string& stream, node_metrics& into)
      : stream_(stream), into_(into), wait_(into.wait.with({stream})), run_(into.run.with({stream})) {}

  void begin(std::vector<domain::run_request>& requests) override {
    const std::lock_guard guard(lock_);
    for (const domain::run_request& request : requests) {
      auto& name = names_[request.name];
      if (!name) name = std::make_unique<name_counters>(stream_, request.name, into_);
      runs_[request.run_id] = {name.get(), request.created_at, request.attempt == 1};
    }
  }

  void end(const domain::run_verdict& verdict) override {
    const std::lock_guard guard(lock_);
    const auto found = runs_.find(verdict.run_id);
    if (found == runs_.end()) return;
    const started_run known = found->second;
    runs_.erase(found);
    known.name->count(verdict.result);
    run_.add(std::chrono::duration<double>(verdict.took).count());
    if (!known.first || verdict.started_at == wall_time{}) return;
    const double waited = std::chrono::duration<double>(verdict.started_at - known.created_at).count();
    wait_.add(std::max(waited, 0.0));  // two clocks
  }

 private:
  struct started_run {
    name_counters* name = nullptr;
    wall_time created_at{};
    bool first = false;
  };
  const std::string stream_;
  node_metrics& into_;
  http::histogram& wait_;
  http::histogram& run_;
  std::mutex lock_;
  std::unordered_map<std::string, std::unique_ptr<name_counters>> names_;
  std::unordered_map<std::uint64_t, started_run> runs_;
};

}  // namespace

actors::executor_factory measured(actors::executor_factory make, node_metrics& into) {
  return watched(std::move(make),
                 [&into](const std::string& stream) { return std::make_shared<run_book>(stream, into); });
}

}  // namespace weir::app
