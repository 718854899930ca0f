// What a worker wants to be known of itself: the next beat carries it.
#pragma once

#include <weir/driver/types.hpp>

namespace weir::cluster {

struct worker_note {
  std::int64_t late_writes_refused = 0;

  /// As a beat says it.
  beat_note said() const { return {late_writes_refused}; }
};

}  // namespace weir::cluster
