// How many starts a rate allows, when, and how it is spelt.
#include "domain/start_pace.hpp"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace weir::domain {
namespace {

using namespace std::chrono_literals;

constexpr boot_time begin{100h};

/// Starts as many as are allowed at once.
int start_all(start_pace& pace, boot_time now, int most = 100'000) {
  int count = 0;
  for (; count < most && pace.next(now) <= now; ++count) pace.started(now);
  return count;
}

TEST(StartPace, SpreadsStartsEvenlyAfterAFirstBurst) {
  const struct {
    const char* rate;
    int at_once;
    boot_time::duration then;
  } cases[] = {
      {"1/s", 1, 1s},
      {"10/s", 1, 100ms},
      {"1000/s", 100, 1ms},
      {"1000000/s", 100'000, 1us},
      {"3/s", 1, 333'333'334ns},
      {"60/m", 1, 1s},
      {"1/m", 1, 1min},
      {"1/h", 1, 1h},
      {"3600/h", 1, 1s},
  };
  for (const auto& c : cases) {
    const start_rate limit = *parse_rate(c.rate);
    start_pace pace;
    pace.obey(limit, begin);
    EXPECT_EQ(start_all(pace, begin), c.at_once) << c.rate;
    EXPECT_EQ(pace.next(begin) - begin, c.then) << c.rate;
    EXPECT_EQ(start_all(pace, begin + c.then - 1ns), 0) << c.rate;
    EXPECT_EQ(start_all(pace, begin + c.then), 1) << c.rate;
    EXPECT_EQ(start_all(pace, begin + 24h), c.at_once) << c.rate << ": a lull saves up no more than a burst";
  }
}

TEST(StartPace, KnowsNoLimitWithoutARate) {
  start_pace pace;
  EXPECT_EQ(start_all(pace, begin, 1000), 1000);
}

TEST(StartPace, AChangedRateHoldsAtOnce) {
  start_pace pace;
  pace.obey(*parse_rate("1/h"), begin);
  pace.started(begin);
  pace.obey(*parse_rate("1/h"), begin + 1s);
  EXPECT_EQ(pace.next(begin + 1s), begin + 1h) << "the same again changes nothing";
  pace.obey(*parse_rate("10/s"), begin + 1s);
  EXPECT_EQ(pace.next(begin + 1s), begin + 1100ms) << "what the slower one owed is not waited for";
  EXPECT_EQ(start_all(pace, begin + 1100ms), 1);
  EXPECT_EQ(pace.next(begin + 1100ms), begin + 1200ms);
  pace.obey({}, begin + 1100ms);
  EXPECT_EQ(start_all(pace, begin + 1100ms, 50), 50) << "no limit any more";
  pace.obey(*parse_rate("1/m"), begin + 2s);
  EXPECT_EQ(start_all(pace, begin + 2s), 1) << "starts without a limit owe nothing";
}

TEST(StartPace, NoSpanOfTimeHasMoreStartsThanTheRateAndABurst) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 dice{seed};
  for (const char* const rate : {"7/s", "50/s", "900/s", "100/m"}) {
    const start_rate limit = *parse_rate(rate);
    start_pace pace;
    pace.obey(limit, begin);
    std::vector<boot_time> starts;
    boot_time now = begin;
    while (starts.size() < 500) {
      now += std::chrono::microseconds{dice() % 30'000};
      for (int n = start_all(pace, now, 1 + static_cast<int>(dice() % 40)); n > 0; --n) starts.push_back(now);
    }
    const double per_second = limit.starts / std::chrono::duration<double>(limit.interval).count();
    const double burst = std::max(1.0, per_second * std::chrono::duration<double>(burst_of_rate).count());
    for (std::size_t first = 0; first < starts.size(); ++first) {
      for (std::size_t last = first; last < starts.size(); last += 17) {
        const double span = std::chrono::duration<double>(starts[last] - starts[first]).count();
        ASSERT_LE(static_cast<double>(last - first + 1), span * per_second + burst + 0.001)
            << rate << " from start " << first << " to " << last;
      }
    }
  }
}

TEST(RateText, IsReadAndWrittenTheSame) {
  for (const char* const good : {"1/s", "10/s", "90/m", "5/h", "1000000/s"}) {
    ASSERT_TRUE(parse_rate(good)) << good;
    EXPECT_EQ(format_rate(*parse_rate(good)), good);
  }
  EXPECT_EQ(parse_rate("90/m")->interval, 1min);
  EXPECT_EQ(format_rate({}), "");
  for (const char* const bad : {"", "10", "/s", "0/s", "-1/s", "+1/s", "1.5/s", "10/", "10/d", "10/sec",
                                "10 /s", "10/s ", "1000001/s", "99999999999/s"}) {
    EXPECT_FALSE(parse_rate(bad)) << bad;
  }
}

}  // namespace
}  // namespace weir::domain
