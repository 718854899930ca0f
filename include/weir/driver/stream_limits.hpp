// What holds back the starts of a stream, on each node for itself.
#pragma once

#include <chrono>

namespace weir {

/// At most so many starts in each interval.
struct start_rate {
  int starts = 0;                            ///< 1 to 1,000,000; 0 = no limit
  std::chrono::milliseconds interval{1000};  ///< a second, a minute or an hour
};

}  // namespace weir
