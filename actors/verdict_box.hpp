// Verdicts on their way from executors' threads to the WORKER: those of one moment are one message and one step.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "domain/execution.hpp"

namespace weir::actors {

/// Thread-safe.
class verdict_box {
 public:
  /// @return true: it was empty, so its reader must be told
  bool put(domain::run_verdict verdict) {
    const std::lock_guard guard(lock_);
    inside_.push_back(std::move(verdict));
    return inside_.size() == 1;
  }
  std::vector<domain::run_verdict> take() {
    const std::lock_guard guard(lock_);
    return std::exchange(inside_, {});
  }

 private:
  std::mutex lock_;
  std::vector<domain::run_verdict> inside_;
};

}  // namespace weir::actors
