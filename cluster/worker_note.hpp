// What a worker wants to be known of itself: the next beat carries it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <weir/driver/types.hpp>

namespace weir::cluster {

struct worker_note {
  struct resting {
    stream_id stream = 0;
    int failures = 0;
    boot_time until{};
    std::string message;
  };
  std::int64_t late_writes_refused = 0;
  std::vector<resting> rests{};

  /// As a beat says it that is sent now.
  beat_note at(boot_time now) const {
    beat_note said{late_writes_refused, {}};
    for (const resting& one : rests) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(one.until - now);
      said.resting.push_back(
          {one.stream, one.failures, std::max(left, std::chrono::milliseconds{0}), one.message});
    }
    return said;
  }
};

}  // namespace weir::cluster
