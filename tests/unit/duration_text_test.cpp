// Durations: what is accepted, what is refused, and that the shortest text is written.
#include "domain/duration_text.hpp"

#include <cstdint>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace weir::domain {
namespace {

using std::chrono::milliseconds;

struct accepted_case {
  const char* text;
  std::int64_t milliseconds;
};

class AcceptedDuration : public testing::TestWithParam<accepted_case> {};

TEST_P(AcceptedDuration, IsReadExactly) {
  const auto value = parse_duration(GetParam().text);

  ASSERT_TRUE(value) << GetParam().text;
  EXPECT_EQ(value->count(), GetParam().milliseconds) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Table, AcceptedDuration,
    testing::Values(accepted_case{"500ms", 500}, accepted_case{"30s", 30'000}, accepted_case{"5m", 300'000},
                    accepted_case{"2h", 7'200'000}, accepted_case{"7d", 604'800'000}, accepted_case{"0s", 0},
                    accepted_case{"0ms", 0}, accepted_case{"007s", 7'000}, accepted_case{"1h30m", 5'400'000},
                    accepted_case{"1m1ms", 60'001}, accepted_case{"1d2h3m4s5ms", 93'784'005},
                    accepted_case{"90m", 5'400'000}, accepted_case{"36500d", 3'153'600'000'000}));

class RefusedDuration : public testing::TestWithParam<const char*> {};

TEST_P(RefusedDuration, IsNotRead) { EXPECT_FALSE(parse_duration(GetParam())) << GetParam(); }

INSTANTIATE_TEST_SUITE_P(Table, RefusedDuration,
                         testing::Values("", "0", "5", "s", "-5s", "+5s", "1.5s", " 5s", "5s ", "5 s", "5S",
                                         "5sec", "5w", "5us", "1m1h", "1s1s", "1h30", "5m s", "1e3s", "5sm",
                                         "36501d", "36500d1ms", "9223372036854775807ms",
                                         "99999999999999999999999999s", "106751991167d", "5\xC2\xB5s",
                                         "0x10s"));

TEST(Duration, IsWrittenAsShortAsPossible) {
  const struct {
    std::int64_t milliseconds;
    const char* text;
  } cases[] = {{0, "0s"},          {1, "1ms"},           {1'000, "1s"},          {1'500, "1500ms"},
               {60'000, "1m"},     {90'000, "90s"},      {3'600'000, "1h"},      {5'400'000, "90m"},
               {86'400'000, "1d"}, {129'600'000, "36h"}, {604'800'001, "7d1ms"}, {-90'000, "-90s"}};
  for (const auto& c : cases) EXPECT_EQ(format_duration(milliseconds{c.milliseconds}), c.text);
}

TEST(Duration, WrittenIsReadBackExactly) {
  const std::uint64_t seed = 20261122;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  for (int i = 0; i < 2'000; ++i) {
    const auto bound = std::int64_t{1} << (random() % 41U);
    const milliseconds value{static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(bound))};

    const auto text = format_duration(value);

    ASSERT_EQ(parse_duration(text), value) << text;
  }
}

TEST(Duration, OfExtremeNumbersIsWrittenWithoutOverflow) {
  EXPECT_EQ(format_duration(milliseconds{std::numeric_limits<std::int64_t>::max()}), "9223372036854775807ms");
  EXPECT_EQ(format_duration(milliseconds{std::numeric_limits<std::int64_t>::min()}),
            "-9223372036854775808ms");
}

}  // namespace
}  // namespace weir::domain
