// How a node's spans fare, for its metrics.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::app::trace {

/// What became of the spans so far: every one that was added is in exactly one of these.
struct span_counts {
  std::uint64_t exported = 0;
  std::uint64_t queue_full = 0;  ///< dropped: too many waited
  std::uint64_t refused = 0;     ///< dropped: the collector does not want them
  std::uint64_t gave_up = 0;     ///< dropped: not sent when it was stopped, or added afterwards
  std::size_t waiting = 0;       ///< not yet answered
};

}  // namespace weir::app::trace
