// The executors of a node, one per stream that runs here, made when its first task starts, or when it comes.
//
// Called from the worker (start, interrupt, close) and from the pulse's thread (extend): thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <weir/driver/types.hpp>

#include "actors/executor_factory.hpp"
#include "cluster/worker_machine.hpp"
#include "domain/execution.hpp"

namespace weir::actors {

class executor_set {
 public:
  executor_set(executor_factory make, domain::executor::on_verdict verdicts)
      : make_(std::move(make)), verdicts_(std::move(verdicts)) {}

  /// Every executor, present and future, may run until `deadline`.
  void extend(boot_time deadline) {
    const std::lock_guard guard(lock_);
    deadline_ = deadline;
    for (auto& [_, e] : executors_) e->extend(deadline);
  }

  void start(cluster::run_order order) {
    const std::lock_guard guard(lock_);
    of(order.stream).start_all(std::move(order.requests));
  }

  void open(const cluster::open_order& order) {
    const std::lock_guard guard(lock_);
    of(order.stream).open(order.fencing_token);
  }

  void interrupt(const cluster::interrupt_order& order) {
    const std::lock_guard guard(lock_);
    const auto at = executors_.find(order.stream);
    if (at != executors_.end()) at->second->interrupt(order.run_id, defaults::grace);
  }

  void close(const std::string& stream) {
    const std::lock_guard guard(lock_);
    const auto at = executors_.find(stream);
    if (at != executors_.end()) at->second->close(defaults::grace);
  }

  /// True once nothing of the stream runs any more; its executor is gone then.
  bool closed(const std::string& stream) {
    std::unique_ptr<domain::executor> gone;  // declared first: destroyed after the lock is free
    const std::lock_guard guard(lock_);
    const auto at = executors_.find(stream);
    if (at == executors_.end()) return true;
    if (!at->second->closed()) return false;
    gone = std::move(at->second);
    executors_.erase(at);
    return true;
  }

 private:
  domain::executor& of(const stream_row& stream) {
    auto& e = executors_[stream.name];
    if (!e) {
      e = make_(stream, verdicts_);
      e->extend(deadline_);
    }
    return *e;
  }

  executor_factory make_;
  domain::executor::on_verdict verdicts_;
  std::mutex lock_;
  boot_time deadline_{};
  std::map<std::string, std::unique_ptr<domain::executor>> executors_;
};

}  // namespace weir::actors
