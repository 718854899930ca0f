// When schedules tick: intervals, and cron lines through both changes of the clocks.
#include "domain/tick_rule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/time_text.hpp"

namespace weir::domain {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

wall_time at(const std::string& text) { return parse_time(text).value(); }

schedule_declaration cron_of(const std::string& line, const std::string& zone) {
  schedule_declaration wanted;
  wanted.name = "s";
  wanted.task = "t";
  wanted.cron = line;
  wanted.zone = zone;
  return wanted;
}
schedule_declaration every_of(std::chrono::milliseconds length) {
  schedule_declaration wanted;
  wanted.name = "s";
  wanted.task = "t";
  wanted.every = length;
  return wanted;
}

/// The ticks in (from, to], to the minute.
std::vector<std::string> ticks(const schedule_declaration& wanted, const std::string& from,
                               const std::string& to) {
  const auto rule = tick_rule::of(wanted).value();
  std::vector<std::string> found;
  for (wall_time tick = rule.next(at(from)); tick <= at(to); tick = rule.next(tick))
    found.push_back(format_time(tick).substr(5, 11));
  return found;
}

// Europe/Berlin 2026: on 29 March at 01:00 UTC 02:00 becomes 03:00, on 25 October at 01:00 UTC 03:00 becomes 02:00.
TEST(TickRule, FiresOnceADayThroughBothChangesInBerlin) {
  const auto nightly = cron_of("30 2 * * *", "Europe/Berlin");
  EXPECT_THAT(ticks(nightly, "2026-03-27T12:00:00Z", "2026-03-31T12:00:00Z"),
              ElementsAre("03-28T01:30", "03-29T01:00", "03-30T00:30", "03-31T00:30"))
      << "02:30 does not exist on the 29th: the gap ends at 03:00 local time";
  EXPECT_THAT(ticks(nightly, "2026-10-23T12:00:00Z", "2026-10-27T12:00:00Z"),
              ElementsAre("10-24T00:30", "10-25T00:30", "10-26T01:30", "10-27T01:30"))
      << "02:30 comes twice on the 25th: only the first time";
}

TEST(TickRule, TakesSeveralTimesOfAGapTogether) {
  const auto twice = cron_of("0,30 2 * * *", "Europe/Berlin");
  EXPECT_THAT(ticks(twice, "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"),
              ElementsAre("03-29T01:00", "03-30T00:00", "03-30T00:30"));
  const auto also_three = cron_of("0 2,3 * * *", "Europe/Berlin");
  EXPECT_THAT(ticks(also_three, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"), ElementsAre("03-29T01:00"));
}

TEST(TickRule, GoesByElapsedTimeWhereMinuteOrHourIsAStar) {
  const auto quarters = cron_of("*/15 * * * *", "Europe/Berlin");
  EXPECT_THAT(ticks(quarters, "2026-03-29T00:40:00Z", "2026-03-29T01:20:00Z"),
              ElementsAre("03-29T00:45", "03-29T01:00", "03-29T01:15"));
  EXPECT_THAT(
      ticks(quarters, "2026-10-25T00:40:00Z", "2026-10-25T02:00:00Z"),
      ElementsAre("10-25T00:45", "10-25T01:00", "10-25T01:15", "10-25T01:30", "10-25T01:45", "10-25T02:00"));
  const auto each_hour = cron_of("30 * * * *", "Europe/Berlin");
  EXPECT_THAT(ticks(each_hour, "2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z"),
              ElementsAre("10-24T23:30", "10-25T00:30", "10-25T01:30", "10-25T02:30"));
  const auto even_hours = cron_of("0 */2 * * *", "Europe/Berlin");
  EXPECT_THAT(ticks(even_hours, "2026-03-28T22:30:00Z", "2026-03-29T04:30:00Z"),
              ElementsAre("03-28T23:00", "03-29T02:00", "03-29T04:00"))
      << "02:00 is left out, and not taken elsewhere";
  const auto minutes_of_two = cron_of("*/30 2 * * *", "Europe/Berlin");
  EXPECT_THAT(ticks(minutes_of_two, "2026-10-24T22:00:00Z", "2026-10-25T12:00:00Z"),
              ElementsAre("10-25T00:00", "10-25T00:30", "10-25T01:00", "10-25T01:30"));
  EXPECT_THAT(ticks(minutes_of_two, "2026-03-28T22:00:00Z", "2026-03-29T12:00:00Z"), ElementsAre());
}

// America/New_York 2026: on 8 March at 07:00 UTC 02:00 becomes 03:00, on 1 November at 06:00 UTC 02:00 becomes 01:00.
TEST(TickRule, FiresOnceADayThroughBothChangesInNewYork) {
  EXPECT_THAT(
      ticks(cron_of("30 2 * * *", "America/New_York"), "2026-03-06T12:00:00Z", "2026-03-10T12:00:00Z"),
      ElementsAre("03-07T07:30", "03-08T07:00", "03-09T06:30", "03-10T06:30"));
  EXPECT_THAT(
      ticks(cron_of("30 1 * * *", "America/New_York"), "2026-10-30T12:00:00Z", "2026-11-03T12:00:00Z"),
      ElementsAre("10-31T05:30", "11-01T05:30", "11-02T06:30", "11-03T06:30"));
  EXPECT_THAT(
      ticks(cron_of("*/30 * * * *", "America/New_York"), "2026-11-01T05:00:00Z", "2026-11-01T07:00:00Z"),
      ElementsAre("11-01T05:30", "11-01T06:00", "11-01T06:30", "11-01T07:00"));
}

// In the south spring is in September: on 27 September at 14:00 UTC of the 26th 02:00 becomes 03:00.
TEST(TickRule, KnowsTheSouthAndHalfHours) {
  EXPECT_THAT(ticks(cron_of("0 2 * * *", "Pacific/Auckland"), "2026-09-25T00:00:00Z", "2026-09-28T00:00:00Z"),
              ElementsAre("09-25T14:00", "09-26T14:00", "09-27T13:00"));
  EXPECT_THAT(
      ticks(cron_of("30 2 * * *", "Pacific/Auckland"), "2026-04-03T00:00:00Z", "2026-04-06T00:00:00Z"),
      ElementsAre("04-03T13:30", "04-04T13:30", "04-05T14:30"));
  // Lord Howe moves by half an hour: 02:00 becomes 02:30, and in April 02:00 becomes 01:30.
  EXPECT_THAT(
      ticks(cron_of("15 2 * * *", "Australia/Lord_Howe"), "2026-10-02T00:00:00Z", "2026-10-05T00:00:00Z"),
      ElementsAre("10-02T15:45", "10-03T15:30", "10-04T15:15"));
  EXPECT_THAT(
      ticks(cron_of("45 1 * * *", "Australia/Lord_Howe"), "2026-04-03T00:00:00Z", "2026-04-06T00:00:00Z"),
      ElementsAre("04-03T14:45", "04-04T14:45", "04-05T15:15"));
}

TEST(TickRule, TakesAWholeDayThatIsLeftOutAtItsEnd) {
  // To cross the date line Samoa left out 30 December 2011: 10:00 UTC of the 30th is midnight of the 31st.
  EXPECT_THAT(ticks(cron_of("0 12 * * *", "Pacific/Apia"), "2011-12-29T12:00:00Z", "2012-01-01T00:00:00Z"),
              ElementsAre("12-29T22:00", "12-30T10:00", "12-30T22:00", "12-31T22:00"));
}

TEST(TickRule, IntervalsTickAtWholeMultiplesWhereverOneBegins) {
  EXPECT_THAT(ticks(every_of(15min), "2026-11-22T19:07:03Z", "2026-11-22T20:00:00Z"),
              ElementsAre("11-22T19:15", "11-22T19:30", "11-22T19:45", "11-22T20:00"));
  const auto rule = tick_rule::of(every_of(1500ms)).value();
  EXPECT_EQ(format_time(rule.next(at("2026-11-22T19:00:00Z"))), "2026-11-22T19:00:01.500000Z");
  EXPECT_EQ(format_time(rule.next(at("2026-11-22T19:00:01.499999Z"))), "2026-11-22T19:00:01.500000Z");
  EXPECT_EQ(format_time(rule.next(at("1969-12-31T23:59:58Z"))), "1969-12-31T23:59:58.500000Z");
  EXPECT_EQ(format_time(rule.next(at("1969-12-31T23:59:59Z"))), "1970-01-01T00:00:00.000000Z");
}

TEST(TickRule, KnowsTheLastTickToo) {
  const struct {
    schedule_declaration wanted;
    const char* at;
    const char* last;
  } cases[] = {
      {every_of(15min), "2026-11-22T19:14:59Z", "2026-11-22T19:00:00.000000Z"},
      {every_of(15min), "2026-11-22T19:15:00Z", "2026-11-22T19:15:00.000000Z"},
      {cron_of("0 2 * * *", "UTC"), "2026-11-22T01:59:59Z", "2026-11-21T02:00:00.000000Z"},
      {cron_of("0 2 * * *", "UTC"), "2026-11-22T02:00:00Z", "2026-11-22T02:00:00.000000Z"},
      {cron_of("* * * * *", "UTC"), "2026-11-22T02:00:59Z", "2026-11-22T02:00:00.000000Z"},
      {cron_of("* * 1 1 *", "UTC"), "2026-11-22T02:00:00Z", "2026-01-01T23:59:00.000000Z"},
      {cron_of("0 0 29 2 *", "UTC"), "2026-11-22T02:00:00Z", "2024-02-29T00:00:00.000000Z"},
      {cron_of("30 2 * * *", "Europe/Berlin"), "2026-03-29T12:00:00Z", "2026-03-29T01:00:00.000000Z"},
  };
  for (const auto& one : cases) {
    const auto last = tick_rule::of(one.wanted).value().last(at(one.at));
    ASSERT_TRUE(last) << one.wanted.cron;
    EXPECT_EQ(format_time(*last), one.last) << one.wanted.cron << " at " << one.at;
  }
}

TEST(TickRule, SaysWhatIsWrongWithARule) {
  const auto complaint = [](const schedule_declaration& wanted) {
    const auto valid = check_schedule(wanted);
    return valid ? std::string{} : valid.error().message;
  };
  EXPECT_EQ(complaint(cron_of("0 2 * * *", "Pacific/Auckland")), "");
  EXPECT_THAT(complaint(cron_of("0 24 * * *", "UTC")),
              HasSubstr("schedule \"s\": its cron line has the hour field"));
  EXPECT_THAT(complaint(cron_of("0 2 30 2 *", "UTC")), HasSubstr("never fires"));
  EXPECT_THAT(complaint(cron_of("0 2 * * *", "Pacific/Auckl")),
              HasSubstr("its zone must be a time zone such as \"Pacific/Auckland\", not \"Pacific/Auckl\""));
  for (const char* const zone : {"", "europe/berlin", "../etc/passwd", "Europe", "/Europe/Berlin"})
    EXPECT_THAT(complaint(cron_of("0 2 * * *", zone)), HasSubstr("must be a time zone")) << zone;
  EXPECT_THAT(complaint(every_of(999ms)), HasSubstr("from 1s to 100 years, not 999ms"));
  EXPECT_THAT(complaint(every_of(-1s)), HasSubstr("from 1s"));
  EXPECT_THAT(complaint(every_of(0s)), HasSubstr("needs either a cron line"));
  auto both = cron_of("0 2 * * *", "UTC");
  both.every = 1min;
  EXPECT_THAT(complaint(both), HasSubstr("not both"));
  auto placed = every_of(1min);
  placed.zone = "Europe/Berlin";
  EXPECT_THAT(complaint(placed), HasSubstr("an interval has no time zone"));
  auto nameless = every_of(1min);
  nameless.task = "";
  EXPECT_THAT(complaint(nameless), HasSubstr("its task"));
  auto broken = every_of(1min);
  broken.data = "{";
  EXPECT_THAT(complaint(broken), HasSubstr("schedule \"s\": "));
  auto keyed = every_of(1min);
  keyed.key = std::string(513, 'k');
  EXPECT_THAT(complaint(keyed), HasSubstr("512"));
}

}  // namespace
}  // namespace weir::domain
