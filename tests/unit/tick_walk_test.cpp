// Random cron lines against a walk over every minute, with the C library's own idea of the zones.
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "domain/tick_rule.hpp"
#include "domain/time_text.hpp"

namespace weir::domain {
namespace {

constexpr std::time_t minute = 60;
constexpr std::time_t day = 86400;
/// No clock of these zones moves by more.
constexpr std::time_t most_shown_twice = 3L * 3600;

using dice = std::mt19937_64;

int roll(dice& d, int least, int most) { return std::uniform_int_distribution<int>{least, most}(d); }

/// A field of a line, made together with what it means.
struct random_field {
  std::string text;
  std::set<int> values;
  bool star = false;
};

random_field field_of(dice& d, int least, int most, int star_in_ten) {
  random_field made;
  if (roll(d, 1, 10) <= star_in_ten) {
    made.star = true;
    const int step = roll(d, 0, 1) == 0 ? 1 : roll(d, 1, most);
    made.text = step == 1 ? "*" : "*/" + std::to_string(step);
    for (int value = least; value <= most; value += step) made.values.insert(value);
    return made;
  }
  for (int part = roll(d, 1, 3); part > 0; --part) {
    const int first = roll(d, least, most);
    const int last = roll(d, 0, 1) == 0 ? first : roll(d, first, most);
    const int step = last == first ? 1 : roll(d, 1, 5);
    made.text += (made.text.empty() ? "" : ",") + std::to_string(first);
    if (last != first) made.text += "-" + std::to_string(last);
    if (step != 1) made.text += "/" + std::to_string(step);
    for (int value = first; value <= last; value += step) made.values.insert(value);
  }
  return made;
}

struct random_line {
  random_field minutes, hours, days, months, weekdays;

  explicit random_line(dice& d)
      : minutes(field_of(d, 0, 59, 4)),
        hours(field_of(d, 0, 23, 5)),
        days(field_of(d, 1, 31, 8)),
        months(field_of(d, 1, 12, 9)),
        weekdays(field_of(d, 0, 6, 8)) {}

  std::string text() const {
    return minutes.text + " " + hours.text + " " + days.text + " " + months.text + " " + weekdays.text;
  }
  bool matches(const std::tm& shown) const {
    const bool by_day = days.values.count(shown.tm_mday) != 0;
    const bool by_weekday = weekdays.values.count(shown.tm_wday) != 0;
    const bool on = days.star || weekdays.star ? by_day && by_weekday : by_day || by_weekday;
    return on && months.values.count(shown.tm_mon + 1) != 0 && hours.values.count(shown.tm_hour) != 0 &&
           minutes.values.count(shown.tm_min) != 0;
  }
};

/// Local time as a count of seconds, as if it were UTC.
std::time_t local_of(std::time_t at) {
  std::tm shown{};
  localtime_r(&at, &shown);
  return timegm(&shown);
}

bool ticks_at(const random_line& line, std::time_t at) {
  std::tm shown{};
  localtime_r(&at, &shown);
  if (line.minutes.star || line.hours.star) return line.matches(shown);
  const std::time_t here = local_of(at);
  // What the clock left out just before counts now.
  for (std::time_t left_out = local_of(at - minute) + minute; left_out < here; left_out += minute) {
    std::tm never{};
    gmtime_r(&left_out, &never);
    if (line.matches(never)) return true;
  }
  if (!line.matches(shown)) return false;
  for (std::time_t before = at - most_shown_twice; before < at; before += minute) {
    if (local_of(before) == here) return false;  // shown for the second time
  }
  return true;
}

class tick_walk : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    ASSERT_EQ(setenv("TZ", (std::string{":"} + GetParam()).c_str(), 1), 0);
    tzset();
  }
  void TearDown() override {
    unsetenv("TZ");
    tzset();
  }
};

TEST_P(tick_walk, FindsWhatAWalkOverEveryMinuteFinds) {
  const auto seed = std::getenv("WEIR_SEED") != nullptr ? std::strtoull(std::getenv("WEIR_SEED"), nullptr, 10)
                                                        : std::random_device{}();
  std::cout << "WEIR_SEED=" << seed << '\n';
  dice d{seed};
  // Changes of clocks in 2026, UTC, of one zone or another; and any day of some years.
  const char* const changes[] = {"2026-03-08T07:00:00Z", "2026-03-29T01:00:00Z", "2026-04-04T15:00:00Z",
                                 "2026-09-26T14:00:00Z", "2026-10-03T15:30:00Z", "2026-10-25T01:00:00Z",
                                 "2026-11-01T06:00:00Z"};
  std::size_t compared = 0;
  for (int round = 0; round < 150; ++round) {
    const random_line line{d};
    schedule_declaration wanted;
    wanted.name = "s";
    wanted.cron = line.text();
    wanted.zone = GetParam();
    const auto rule = tick_rule::of(wanted);
    if (!rule) continue;  // such as 31 February
    std::time_t begin =
        std::chrono::system_clock::to_time_t(parse_time(changes[roll(d, 0, 6)]).value()) - day;
    if (roll(d, 0, 3) == 0) begin += day * roll(d, -2000, 2000);
    begin -= begin % minute;
    const std::time_t end = begin + 2 * day;
    wall_time tick{std::chrono::seconds{begin - 1}};
    std::optional<wall_time> last;
    for (std::time_t at = begin; at < end; at += minute) {
      if (!ticks_at(line, at)) continue;
      tick = rule->next(tick);
      const wall_time expected{std::chrono::seconds{at}};
      ASSERT_EQ(format_time(tick), format_time(expected)) << line.text() << " in " << GetParam();
      last = expected;
      ++compared;
    }
    ASSERT_GE(rule->next(tick), wall_time{std::chrono::seconds{end}}) << line.text() << " in " << GetParam();
    if (last) {
      EXPECT_EQ(rule->last(wall_time{std::chrono::seconds{end - 1}}), last)
          << line.text() << " in " << GetParam();
    }
  }
  EXPECT_GT(compared, 1000U);
}

INSTANTIATE_TEST_SUITE_P(Zones, tick_walk,
                         testing::Values("UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland",
                                         "Australia/Lord_Howe", "Asia/Kathmandu"));

}  // namespace
}  // namespace weir::domain
