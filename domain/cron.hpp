// Cron lines: five fields, read once into sets of minutes, hours, days, months and weekdays.
//
// Here is the calendar only. What a line means in a zone that changes its clocks is in tick_rule.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <weir/result.hpp>

#include "domain/zones.hpp"

namespace weir::domain {

/// A cron line as sets: bit N stands for the value N.
struct cron_rule {
  std::uint64_t minutes = 0;
  std::uint64_t hours = 0;
  std::uint64_t days = 0;
  std::uint64_t months = 0;
  std::uint64_t weekdays = 0;  ///< 0 = Sunday

  // Is the field written with a `*` in front ("*", "*/5")?
  bool any_minute = false;
  bool any_hour = false;
  bool any_day = false;
  bool any_weekday = false;
};

/// Reads "minute hour day-of-month month day-of-week", or one of @hourly @daily @midnight @weekly @monthly @yearly
/// @annually. A field is a list (a,b) of values, ranges (a-b) and steps (*/n, a-b/n); months and weekdays also by
/// the first three letters of their English names; 7 is Sunday, too. As in every cron, a day matches by either of
/// its two fields where both are restricted, and by both where one of them begins with `*`.
/// @param what  what the message calls the line, e.g. "'schedule.nightly.cron'"
/// @errors invalid: names the field, its bounds and the fix; also for a line that no date ever matches
result<cron_rule> parse_cron(std::string_view what, std::string_view text);

/// The first matching minute of the local clock at or after `from`, within the next 100 years.
std::optional<local_time> next_match(const cron_rule& rule, local_time from);

}  // namespace weir::domain
