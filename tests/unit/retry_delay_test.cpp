// The shapes of retry, and that no input makes them overflow.
#include "domain/retry_delay.hpp"

#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace weir::domain {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using shape = retry_policy::shape;

retry_policy policy(shape kind, std::vector<milliseconds> delays, milliseconds max = 1h,
                    int max_attempts = 0) {
  retry_policy made;
  made.kind = kind;
  made.delays = std::move(delays);
  made.max = max;
  made.max_attempts = max_attempts;
  return made;
}

TEST(RetryDelay, OfAFixedPolicyIsAlwaysTheSame) {
  const auto every_minute = policy(shape::fixed, {1min});
  for (const int attempts : {0, 1, 2, 1000, std::numeric_limits<int>::max()}) {
    EXPECT_EQ(retry_delay(every_minute, attempts, 0.3), milliseconds{1min});
  }
}

TEST(RetryDelay, OfAListIsEachInTurnAndTheLastRepeats) {
  const auto steps = policy(shape::list, {1min, 10min, 1h});
  EXPECT_EQ(retry_delay(steps, 1, 0.5), milliseconds{1min});
  EXPECT_EQ(retry_delay(steps, 2, 0.5), milliseconds{10min});
  EXPECT_EQ(retry_delay(steps, 3, 0.5), milliseconds{1h});
  EXPECT_EQ(retry_delay(steps, 4, 0.5), milliseconds{1h});
  EXPECT_EQ(retry_delay(steps, std::numeric_limits<int>::max(), 0.5), milliseconds{1h});
}

TEST(RetryDelay, OfAnExponentialPolicyDoublesUpToItsMax) {
  const auto growing = policy(shape::exponential, {1s}, 1h);
  const struct {
    int attempts;
    milliseconds longest;
  } cases[] = {
      {1, 1s}, {2, 2s}, {3, 4s}, {12, 2048s}, {13, 1h}, {14, 1h}, {std::numeric_limits<int>::max(), 1h}};
  for (const auto& c : cases) {
    EXPECT_EQ(retry_delay(growing, c.attempts, 1.0), c.longest) << c.attempts;
    EXPECT_EQ(retry_delay(growing, c.attempts, 0.0), c.longest / 2) << c.attempts;
  }
}

TEST(RetryDelay, IsSpreadOverTheUpperHalf) {
  const std::uint64_t seed = 7;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  std::uniform_real_distribution<double> unit{0.0, 1.0};
  const auto growing = policy(shape::exponential, {1s}, 1h);
  milliseconds least = 1h;
  milliseconds most = 0ms;
  for (int i = 0; i < 1'000; ++i) {
    const auto delay = *retry_delay(growing, 5, unit(random));
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  EXPECT_GE(least, 8s);
  EXPECT_LT(least, 8500ms);
  EXPECT_LE(most, 16s);
  EXPECT_GT(most, 15500ms);
}

TEST(RetryDelay, EndsWhenTheAttemptsAreUsedUp) {
  const auto thrice = policy(shape::fixed, {1s}, 1h, 3);
  EXPECT_TRUE(retry_delay(thrice, 1, 0));
  EXPECT_TRUE(retry_delay(thrice, 2, 0));
  EXPECT_FALSE(retry_delay(thrice, 3, 0));
  EXPECT_FALSE(retry_delay(thrice, 4, 0));
  EXPECT_FALSE(retry_delay(policy(shape::fixed, {1s}, 1h, 1), 1, 0));
}

TEST(RetryDelay, OfTheDefaultPolicyTriesForAboutEighteenHours) {
  const retry_policy standard;
  milliseconds total{0};
  int attempts = 1;
  for (; const auto delay = retry_delay(standard, attempts, 1.0); ++attempts) total += *delay;

  EXPECT_EQ(attempts, 25);
  EXPECT_GT(total, 12h);
  EXPECT_LT(total, 19h);
}

TEST(RetryDelay, NeverOverflowsOrTurnsNegative) {
  const auto odd = {milliseconds::min(),           milliseconds{-1},   0ms, 1ms,
                    milliseconds::max() / 2 + 1ms, milliseconds::max()};
  for (const auto first : odd) {
    for (const auto max : odd) {
      for (const int attempts :
           {std::numeric_limits<int>::min(), 0, 1, 62, 63, 64, 65, std::numeric_limits<int>::max()}) {
        for (const double random : {-1.0, 0.0, 1.0, 2.0, std::numeric_limits<double>::quiet_NaN()}) {
          const auto delay = back_off(policy(shape::exponential, {first}, max), attempts, random);
          ASSERT_GE(delay, 0ms);
          ASSERT_LE(delay, std::max(max, 0ms));
        }
      }
    }
  }
  EXPECT_EQ(back_off(policy(shape::list, {}), 3, 0.5), defaults::retry_first);
  EXPECT_EQ(back_off(policy(shape::fixed, {-5s}), 3, 0.5), 0ms);
}

}  // namespace
}  // namespace weir::domain
