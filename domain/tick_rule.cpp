#include "domain/tick_rule.hpp"

#include <limits>
#include <string>

#include "domain/duration_text.hpp"
#include "domain/task_bounds.hpp"

namespace weir::domain {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// No zone has ever left out more than a day (Samoa did, to cross the date line).
constexpr seconds longest_gap{86400};
/// The farthest that ticks are searched.
constexpr std::chrono::hours century{24 * 36500};
constexpr milliseconds shortest_interval{1000};

// So far that nobody waits for it: for a rule without a tick in a hundred years, which parse_cron has refused.
wall_time never(wall_time after) { return after + century; }

}  // namespace

result<tick_rule> tick_rule::of(const schedule_declaration& wanted) {
  const std::string what = "schedule " + in_quotes(wanted.name);
  tick_rule rule;
  const bool interval = wanted.every.count() != 0;
  if (interval == !wanted.cron.empty()) {
    return error{errc::invalid,
                 what + " needs either a cron line such as \"0 2 * * *\" or an interval such as 15m" +
                     (interval ? ", not both" : "")};
  }
  if (interval) {
    if (wanted.every < shortest_interval || wanted.every > longest_duration) {
      return error{errc::invalid, what + ": its interval must be from 1s to 100 years, not " +
                                      format_duration(wanted.every)};
    }
    if (wanted.zone != "UTC") {
      return error{errc::invalid,
                   what + ": an interval has no time zone, so remove " + in_quotes(wanted.zone)};
    }
    rule.every_ = wanted.every;
    return rule;
  }
  const auto line = parse_cron(what + ": its cron line", wanted.cron);
  if (!line) return line.error();
  auto place = zone::find(what + ": its zone", wanted.zone);
  if (!place) return place.error();
  rule.cron_ = *line;
  rule.zone_ = std::move(*place);
  return rule;
}

wall_time tick_rule::next(wall_time after) const {
  if (every_.count() != 0) {
    const microseconds step{every_};
    microseconds past = after.time_since_epoch() % step;
    if (past.count() < 0) past += step;
    return after - past + step;
  }
  // Ticks are whole seconds: the first one after `after` is the first one after its last whole second.
  const auto whole = std::chrono::floor<seconds>(after);
  const auto found = cron_.any_minute || cron_.any_hour ? next_shown(whole) : next_fixed(whole);
  return found ? wall_time{*found} : never(after);
}

// Stretch by stretch of one offset, in which the local clock runs as every other.
std::optional<utc_time> tick_rule::next_shown(utc_time after) const {
  const utc_time end_of_search = after + century;
  utc_time from = after + seconds{1};
  while (from < end_of_search) {
    const zone::period here = zone_.at(from);
    const auto match = next_match(cron_, local_time{from.time_since_epoch() + here.offset});
    if (!match) return std::nullopt;
    const utc_time found{match->time_since_epoch() - here.offset};
    if (found < here.end) return found;
    from = here.end;
  }
  return std::nullopt;
}

// Times of the local clock in their order; their instants are in the same order.
std::optional<utc_time> tick_rule::next_fixed(utc_time after) const {
  local_time from{after.time_since_epoch() + zone_.at(after).offset - longest_gap};
  for (;;) {
    const auto match = next_match(cron_, from);
    if (!match) return std::nullopt;
    const utc_time found = zone_.when(*match);
    if (found > after) return found;
    from = *match + seconds{60};
  }
}

std::optional<wall_time> tick_rule::last(wall_time at) const {
  if (every_.count() != 0) return next(at) - every_;
  for (std::chrono::minutes back{1}; back < century; back *= 2) {
    wall_time tick = next(at - back - microseconds{1});
    if (tick > at) continue;
    for (wall_time later = next(tick); later <= at; later = next(later)) tick = later;
    return tick;
  }
  return std::nullopt;
}

result<void> check_schedule(const schedule_declaration& wanted) {
  if (auto named = check_name("schedule", wanted.name); !named) return named;
  const std::string what = "schedule " + in_quotes(wanted.name);
  if (auto named = check_name(what + ": its task", wanted.task); !named) return named;
  const auto wrong = [&](const error& why) { return error{why.code, what + ": " + why.message}; };
  if (wanted.key) {
    if (const auto keyed = check_key(*wanted.key); !keyed) return wrong(keyed.error());
  }
  // How large it may be is checked by whoever takes it in.
  if (const auto valid = check_data(wanted.data, std::numeric_limits<std::size_t>::max()); !valid)
    return wrong(valid.error());
  if (const auto rule = tick_rule::of(wanted); !rule) return rule.error();
  return {};
}

}  // namespace weir::domain
