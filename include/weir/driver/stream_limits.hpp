// What holds back the starts of a stream, on each node for itself.
#pragma once

#include <chrono>

#include <weir/defaults.hpp>

namespace weir {

/// At most so many starts in each interval.
struct start_rate {
  int starts = 0;                            ///< 1 to 1,000,000; 0 = no limit
  std::chrono::milliseconds interval{1000};  ///< a second, a minute or an hour
};

/// When a node lets a stream rest, and how long: then one run is tried.
struct breaker_rule {
  int failures = 0;  ///< runs that failed in a row, up to 1000; 0 = never
  std::chrono::milliseconds pause = defaults::breaker_pause;  ///< > 0
};

}  // namespace weir
