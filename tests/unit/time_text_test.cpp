// RFC 3339 both ways.
#include "domain/time_text.hpp"

#include <cstdint>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace weir::domain {
namespace {

using std::chrono::microseconds;

wall_time at(std::int64_t micros) { return wall_time{microseconds{micros}}; }

struct time_case {
  const char* input;
  const char* utc;
};

class AcceptedTime : public testing::TestWithParam<time_case> {};

TEST_P(AcceptedTime, IsTheSameInstantInUtc) {
  const auto value = parse_time(GetParam().input);

  ASSERT_TRUE(value) << GetParam().input;
  EXPECT_EQ(format_time(*value), GetParam().utc) << GetParam().input;
}

INSTANTIATE_TEST_SUITE_P(
    Table, AcceptedTime,
    testing::Values(time_case{"2026-11-22T19:00:00.123456Z", "2026-11-22T19:00:00.123456Z"},
                    time_case{"2026-11-22T19:00:00Z", "2026-11-22T19:00:00.000000Z"},
                    time_case{"2026-11-22t19:00:00.5z", "2026-11-22T19:00:00.500000Z"},
                    time_case{"2026-11-22 19:00:00Z", "2026-11-22T19:00:00.000000Z"},
                    time_case{"2026-11-22T19:00:00.123456789Z", "2026-11-22T19:00:00.123456Z"},
                    time_case{"2026-11-23T08:00:00+13:00", "2026-11-22T19:00:00.000000Z"},
                    time_case{"2026-11-22T15:30:00-03:30", "2026-11-22T19:00:00.000000Z"},
                    time_case{"2026-11-22T19:00:00-00:00", "2026-11-22T19:00:00.000000Z"},
                    time_case{"2027-01-01T00:30:00+01:00", "2026-12-31T23:30:00.000000Z"},
                    time_case{"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z"},
                    time_case{"2000-02-29T12:00:00Z", "2000-02-29T12:00:00.000000Z"},
                    time_case{"1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"},
                    time_case{"0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z"},
                    time_case{"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
                    time_case{"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"}));

class RefusedTime : public testing::TestWithParam<const char*> {};

TEST_P(RefusedTime, IsNotRead) { EXPECT_FALSE(parse_time(GetParam())) << GetParam(); }

INSTANTIATE_TEST_SUITE_P(
    Table, RefusedTime,
    testing::Values("", "now", "2026-11-22", "2026-11-22T19:00:00", "2026-11-22T19:00Z",
                    "2026-11-22T19:00:00.Z", "2026-11-22T19:00:00.1234567890Z", "2026-11-22T19:00:00,5Z",
                    "2026-11-22T24:00:00Z", "2026-11-22T19:60:00Z", "2026-11-22T19:00:61Z",
                    "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-11-31T00:00:00Z",
                    "2026-11-00T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
                    "26-11-22T19:00:00Z", "+2026-11-22T19:00:00Z", "2026-11-22T19:00:00+1300",
                    "2026-11-22T19:00:00+24:00", "2026-11-22T19:00:00+13:60", "2026-11-22T19:00:00Z ",
                    " 2026-11-22T19:00:00Z", "2026-11-22T19:00:00ZZ", "2026/11/22T19:00:00Z",
                    "-026-11-22T19:00:00Z", "infinity"));

TEST(Time, ZeroIsTheUnixEpoch) {
  EXPECT_EQ(format_time(at(0)), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(parse_time("1970-01-01T00:00:00Z"), at(0));
  EXPECT_EQ(parse_time("2001-09-09T01:46:40Z"), at(1'000'000'000'000'000));
}

TEST(Time, OutsideFourDigitYearsIsShownAsTheEdge) {
  EXPECT_EQ(format_time(at(std::numeric_limits<std::int64_t>::max())), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_time(at(std::numeric_limits<std::int64_t>::min())), "0000-01-01T00:00:00.000000Z");
}

TEST(Time, WrittenIsReadBackExactlyAndSortsLikeTheInstant) {
  const std::uint64_t seed = 1;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  std::uniform_int_distribution<std::int64_t> any{-62'167'219'200'000'000, 253'402'300'799'999'999};
  for (int i = 0; i < 20'000; ++i) {
    const auto a = at(any(random));
    const auto b = at(any(random));

    ASSERT_EQ(parse_time(format_time(a)), a) << format_time(a);
    ASSERT_EQ(format_time(a) < format_time(b), a < b) << format_time(a) << " " << format_time(b);
  }
}

TEST(Time, EveryDayOfFourHundredYearsFollowsTheOneBefore) {
  constexpr std::int64_t day = 86'400'000'000;
  std::string before = format_time(at(-day));
  for (std::int64_t n = 0; n < 146'097; ++n) {
    const std::string today = format_time(at(n * day));

    ASSERT_LT(before, today);
    ASSERT_EQ(parse_time(today), at(n * day)) << today;
    before = today;
  }
  EXPECT_EQ(before, "2369-12-31T00:00:00.000000Z");
}

}  // namespace
}  // namespace weir::domain
