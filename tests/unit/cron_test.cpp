// Cron lines: which are taken, what is said of the others, and when they match by the calendar alone.
#include "domain/cron.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/time_text.hpp"

namespace weir::domain {
namespace {

using testing::HasSubstr;

local_time local(const char* text) {
  return local_time{std::chrono::floor<std::chrono::seconds>(parse_time(text).value()).time_since_epoch()};
}
std::string text(const std::optional<local_time>& at) {
  if (!at) return "never";
  return format_time(wall_time{at->time_since_epoch()}).substr(0, 16);
}

TEST(CronLine, IsFiveFieldsOfListsRangesAndSteps) {
  for (const char* const line : {"* * * * *", "0 2 * * *", "*/5 0-6/2 1,15 jan-mar MON-fri", "  0 2  * * 7 ",
                                 "0 0 * * fri-sun", "0 0 31 1 *", "0 0 29 2 *", "@hourly", "@daily",
                                 "@midnight", "@weekly", "@monthly", "@yearly", "@annually", "0 0 30 2 1"}) {
    EXPECT_TRUE(parse_cron("x", line).ok()) << line;
  }
}

TEST(CronLine, IsRefusedWithTheFieldItsBoundsAndTheFix) {
  const struct {
    const char* line;
    const char* complaint;
  } cases[] = {
      {"",
       "x has 0 fields instead of five: minute, hour, day of month, month, day of week, e.g. \"0 2 * * *\""},
      {"* * * *", "has 4 fields"},
      {"* * * * * *", "has 6 fields"},
      {"@often", "has 1 fields"},
      {"60 * * * *",
       "the minute field \"60\": write values from 0 to 59, ranges a-b, steps */n or a-b/n, and "
       "lists a,b"},
      {"* 24 * * *", "the hour field \"24\": write values from 0 to 23"},
      {"* * 0 * *", "the day of month field \"0\": write values from 1 to 31"},
      {"* * 32 * *", "the day of month field"},
      {"* * * 13 *", "the month field \"13\": write values from 1 to 12"},
      {"* * * * 8", "the day of week field \"8\": write values from 0 to 7"},
      {"*/0 * * * *", "the minute field"},
      {"*/60 * * * *", "the minute field"},
      {"5-1 * * * *", "the minute field"},
      {"1- * * * *", "the minute field"},
      {"-1 * * * *", "the minute field"},
      {"1, * * * *", "the minute field \"1,\""},
      {"5/15 * * * *", "the minute field \"5/15\""},
      {"1/2/3 * * * *", "the minute field"},
      {"99999999999 * * * *", "the minute field"},
      {"mon * * * *", "the minute field"},
      {"* * * * mo", "the day of week field"},
      {"* * * * monday", "the day of week field"},
      {"* * * * fri-mon", "the day of week field"},
      {"0 0 30 2 *", "x never fires: no month of \"2\" has a day \"30\""},
      {"0 0 31 4,6,9,11 *", "x never fires"},
      {"0 0 31 feb */2", "x never fires"},
  };
  for (const auto& one : cases) {
    const auto line = parse_cron("x", one.line);
    ASSERT_FALSE(line.ok()) << one.line;
    EXPECT_EQ(line.error().code, errc::invalid);
    EXPECT_THAT(line.error().message, HasSubstr(one.complaint)) << one.line;
  }
  EXPECT_THAT(parse_cron("x", std::string(513, '*')).error().message, HasSubstr("has 513 characters"));
}

TEST(CronLine, MatchesByTheCalendar) {
  const struct {
    const char* line;
    const char* from;
    const char* next;
  } cases[] = {
      {"* * * * *", "2026-11-22T19:00:00Z", "2026-11-22T19:00"},
      {"* * * * *", "2026-11-22T19:00:01Z", "2026-11-22T19:01"},
      {"0 2 * * *", "2026-11-22T02:00:01Z", "2026-11-23T02:00"},
      {"59 23 31 12 *", "2026-12-31T23:59:30Z", "2027-12-31T23:59"},
      {"0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00"},
      {"0 0 29 2 *", "2097-01-01T00:00:00Z", "2104-02-29T00:00"},
      {"0 0 31 * *", "2026-02-01T00:00:00Z", "2026-03-31T00:00"},
      {"0 0 * * 7", "2026-11-22T00:00:01Z", "2026-11-29T00:00"},
      {"0 0 * * sun", "2026-11-22T00:00:00Z", "2026-11-22T00:00"},
      {"0 0 * * fri-sun", "2026-11-23T00:00:00Z", "2026-11-27T00:00"},
      // either of the two day fields, where both are restricted
      {"0 0 13 * fri", "2026-11-14T00:00:00Z", "2026-11-20T00:00"},
      {"0 0 13 * fri", "2026-12-12T00:00:00Z", "2026-12-13T00:00"},
      // both, where one begins with a star
      {"0 0 13 * */5", "2026-11-14T00:00:00Z", "2026-12-13T00:00"},
      {"0 0 */7 * mon", "2026-11-01T00:00:00Z", "2027-02-01T00:00"},
      {"*/20 */6 * * *", "2026-11-22T06:41:00Z", "2026-11-22T12:00"},
      {"10-30/10 8 * * *", "2026-11-22T08:11:00Z", "2026-11-22T08:20"},
      {"@weekly", "2026-11-23T00:00:00Z", "2026-11-29T00:00"},
      {"@yearly", "2026-11-23T00:00:00Z", "2027-01-01T00:00"},
      {"0 0 1 1 *", "1969-06-01T00:00:00Z", "1970-01-01T00:00"},
      {"30 12 29 2 *", "1899-01-01T00:00:00Z", "1904-02-29T12:30"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(text(next_match(parse_cron("x", one.line).value(), local(one.from))), one.next)
        << one.line << " from " << one.from;
  }
}

}  // namespace
}  // namespace weir::domain
