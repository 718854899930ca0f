// Which ticks of a schedule are fired now, and which one is next.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include <weir/boot_clock.hpp>
#include <weir/driver/schedule_types.hpp>

#include "domain/tick_rule.hpp"

namespace weir::domain {

/// A schedule as a leader finds it. All instants are of the database's clock.
struct tick_question {
  wall_time now{};
  wall_time since{};  ///< no tick up to here counts
  std::optional<wall_time>
      next_at;  ///< the first tick that nobody has fired; nullopt: the first one after `since`
  std::optional<wall_time> paused_until;  ///< ticks before are dropped
  missed_policy missed = missed_policy::once;
  /// A cluster that is alive fires a tick within this time, whoever of it dies: an older tick was missed.
  std::chrono::milliseconds grace{0};
  std::size_t most = 1;  ///< ticks that are fired at once, >= 1
};

struct tick_plan {
  std::vector<wall_time> fire;  ///< in their order, none later than now
  wall_time next{};             ///< later than now, unless `most` left some for the next time
};

/// While no tick was missed, every due one is fired. Of an outage `all` fires each, `once` only the last one, and
/// `skip` the last one only if it was not missed itself.
tick_plan due_ticks(const tick_rule& rule, const tick_question& asked);

}  // namespace weir::domain
