// When a schedule ticks. Pure: instants in, instants out.
//
// Intervals tick at whole multiples since 1970-01-01 00:00 UTC, so that no restart shifts them.
// Cron lines follow the local clock of their zone, and where that clock is changed:
//  * a line with a fixed minute and a fixed hour fires once a matching date and time: a time that the clock leaves
//    out is taken at the end of the gap, one that it shows twice only the first time;
//  * a line whose minute or hour field begins with `*` fires whenever the clock shows a matching time: what is left
//    out does not fire, what is shown twice fires twice, so that "every 15 minutes" goes by elapsed time.
#pragma once

#include <optional>

#include <weir/boot_clock.hpp>
#include <weir/driver/schedule_types.hpp>
#include <weir/result.hpp>

#include "domain/cron.hpp"
#include "domain/zones.hpp"

namespace weir::domain {

class tick_rule {
 public:
  /// @errors invalid: an interval below a second or above 100 years, neither interval nor cron line or both, a
  ///         malformed line or one that never fires, an unknown zone; unavailable: no zone database here
  static result<tick_rule> of(const schedule_declaration& wanted);

  /// The first tick after `after`; each is a whole minute of the local clock, or a multiple of the interval.
  wall_time next(wall_time after) const;
  /// The last tick at or before `at`; nullopt: none in the 100 years before.
  std::optional<wall_time> last(wall_time at) const;

  const zone& where() const { return zone_; }

 private:
  std::optional<utc_time> next_shown(utc_time after) const;
  std::optional<utc_time> next_fixed(utc_time after) const;

  std::chrono::milliseconds every_{0};
  cron_rule cron_;
  zone zone_;
};

/// Everything about a schedule that can be wrong: its names, key and data, and its rule.
/// @errors invalid, unavailable (no zone database here)
result<void> check_schedule(const schedule_declaration& wanted);

}  // namespace weir::domain
