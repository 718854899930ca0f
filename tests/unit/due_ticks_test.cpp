// Which ticks are fired: on time, late, after an outage, and after a pause.
#include "domain/due_ticks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/time_text.hpp"

namespace weir::domain {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

wall_time at(const std::string& clock) { return parse_time("2026-11-22T" + clock + "Z").value(); }
std::string clock_of(wall_time when) { return format_time(when).substr(11, 8); }

tick_rule every(std::chrono::milliseconds length) {
  schedule_declaration wanted;
  wanted.name = "s";
  wanted.every = length;
  return tick_rule::of(wanted).value();
}

struct due_case {
  const char* what;
  std::chrono::milliseconds every;
  const char* next_at;  ///< "" = never seen
  const char* since;
  const char* paused_until;  ///< "" = never paused
  const char* now;
  missed_policy missed;
  std::vector<std::string> fired;
  const char* next;
};

TEST(DueTicks, DependOnWhetherTheClusterWasAway) {
  constexpr auto skip = missed_policy::skip;
  constexpr auto once = missed_policy::once;
  constexpr auto all = missed_policy::all;
  const due_case cases[] = {
      {"not due", 1min, "12:01:00", "12:00:00", "", "12:00:59", once, {}, "12:01:00"},
      {"on time", 1min, "12:01:00", "12:00:00", "", "12:01:00", skip, {"12:01:00"}, "12:02:00"},
      {"new: the first tick after it was made", 1min, "", "12:00:30", "", "12:00:31", once, {}, "12:01:00"},
      {"new, seen after its first tick",
       1min,
       "",
       "12:00:30",
       "",
       "12:01:03",
       once,
       {"12:01:00"},
       "12:02:00"},
      {"made at a tick: that one does not count", 1min, "", "12:01:00", "", "12:01:03", once, {}, "12:02:00"},
      {"an election: each tick within the grace",
       1s,
       "12:00:01",
       "12:00:00",
       "",
       "12:00:04",
       skip,
       {"12:00:01", "12:00:02", "12:00:03", "12:00:04"},
       "12:00:05"},
      {"the same with once",
       1s,
       "12:00:01",
       "12:00:00",
       "",
       "12:00:04",
       once,
       {"12:00:01", "12:00:02", "12:00:03", "12:00:04"},
       "12:00:05"},
      {"exactly the grace is no outage",
       10s,
       "12:00:10",
       "12:00:00",
       "",
       "12:00:19",
       skip,
       {"12:00:10"},
       "12:00:20"},
      {"an outage, one tick", 10min, "12:10:00", "12:00:00", "", "12:10:10", once, {"12:10:00"}, "12:20:00"},
      {"the same with skip", 10min, "12:10:00", "12:00:00", "", "12:10:10", skip, {}, "12:20:00"},
      {"the same with all", 10min, "12:10:00", "12:00:00", "", "12:10:10", all, {"12:10:00"}, "12:20:00"},
      {"an outage, many ticks", 1min, "12:01:00", "12:00:00", "", "12:04:30", once, {"12:04:00"}, "12:05:00"},
      {"the same with skip", 1min, "12:01:00", "12:00:00", "", "12:04:30", skip, {}, "12:05:00"},
      {"skip still fires what is fresh",
       1min,
       "12:01:00",
       "12:00:00",
       "",
       "12:04:05",
       skip,
       {"12:04:00"},
       "12:05:00"},
      {"the same with all, in portions",
       1min,
       "12:01:00",
       "12:00:00",
       "",
       "12:09:30",
       all,
       {"12:01:00", "12:02:00", "12:03:00", "12:04:00"},
       "12:05:00"},
      {"paused until just now: its tick counts",
       1min,
       "12:01:00",
       "12:00:00",
       "12:05:00",
       "12:05:00",
       all,
       {"12:05:00"},
       "12:06:00"},
      {"ticks of a pause are dropped by every policy",
       1min,
       "12:01:00",
       "12:00:00",
       "12:05:30",
       "12:05:31",
       all,
       {},
       "12:06:00"},
      {"a pause before the next tick changes nothing",
       1min,
       "12:06:00",
       "12:00:00",
       "12:05:00",
       "12:06:00",
       once,
       {"12:06:00"},
       "12:07:00"},
      {"an outage after a pause",
       1min,
       "12:01:00",
       "12:00:00",
       "12:05:30",
       "12:08:30",
       once,
       {"12:08:00"},
       "12:09:00"},
  };
  for (const auto& one : cases) {
    tick_question asked;
    asked.now = at(one.now);
    asked.since = at(one.since);
    if (*one.next_at != 0) asked.next_at = at(one.next_at);
    if (*one.paused_until != 0) asked.paused_until = at(one.paused_until);
    asked.missed = one.missed;
    asked.grace = 9s;
    asked.most = 4;
    const auto plan = due_ticks(every(one.every), asked);
    std::vector<std::string> fired;
    for (const auto tick : plan.fire) fired.push_back(clock_of(tick));
    EXPECT_EQ(fired, one.fired) << one.what;
    EXPECT_EQ(clock_of(plan.next), one.next) << one.what;
  }
}

TEST(DueTicks, OfManyYearsAreFoundAtOnce) {
  tick_question asked;
  asked.now = parse_time("2026-11-22T12:00:00.5Z").value();
  asked.since = parse_time("1990-01-01T00:00:00Z").value();
  asked.grace = 9s;
  const auto plan = due_ticks(every(1s), asked);
  ASSERT_EQ(plan.fire.size(), 1U);
  EXPECT_EQ(clock_of(plan.fire[0]), "12:00:00");
  schedule_declaration wanted;
  wanted.cron = "* * * * *";
  wanted.zone = "Europe/Berlin";
  const auto minutely = due_ticks(tick_rule::of(wanted).value(), asked);
  ASSERT_EQ(minutely.fire.size(), 1U);
  EXPECT_EQ(clock_of(minutely.next), "12:01:00");
}

}  // namespace
}  // namespace weir::domain
