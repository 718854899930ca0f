// When a supervised node is started again, after which pause, and when not.
#include "app/restart_rule.hpp"

#include <gtest/gtest.h>

namespace weir::app {
namespace {

using namespace std::chrono_literals;

constexpr process_end killed{0, 9};
constexpr process_end failed{1, 0};

TEST(RestartRule, StartsAgainAfterCrashesOnly) {
  const struct {
    process_end end;
    bool stopping;
    bool again;
    int status;
  } cases[] = {{{0, 0}, false, false, 0},   {{2, 0}, false, false, 2},   {{5, 0}, false, false, 5},
               {{78, 0}, false, false, 78}, {{1, 0}, false, true, 1},    {{4, 0}, false, true, 4},
               {{0, 9}, false, true, 137},  {{0, 11}, false, true, 139}, {{3, 0}, false, true, 3},
               {{0, 9}, true, false, 137},  {{1, 0}, true, false, 1}};
  for (const auto& c : cases) {
    const auto next = restart_rule{}.after(c.end, 1h, c.stopping);
    EXPECT_EQ(next.again, c.again) << c.end.code << " " << c.end.signal;
    EXPECT_EQ(c.end.status(), c.status);
    EXPECT_FALSE(next.gave_up);
  }
}

TEST(RestartRule, PausesGrowFromAFifthOfASecondToFive) {
  restart_rule rule;
  for (const auto expected : {200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms, 5000ms, 5000ms}) {
    EXPECT_EQ(rule.after(killed, 1s, false).pause, expected);
  }
}

TEST(RestartRule, GivesUpAtTheTenthQuickCrashInARow) {
  restart_rule rule;
  for (int crash = 1; crash < 10; ++crash) {
    const auto next = rule.after(failed, 9999ms, false);
    EXPECT_TRUE(next.again) << crash;
    EXPECT_EQ(next.quick_crashes, crash);
  }
  const auto last = rule.after(failed, 0ms, false);
  EXPECT_FALSE(last.again);
  EXPECT_TRUE(last.gave_up);
}

TEST(RestartRule, ANodeThatRanForAWhileBeginsAnew) {
  restart_rule rule;
  for (int crash = 1; crash < 10; ++crash) rule.after(killed, 1s, false);
  auto next = rule.after(killed, 10s, false);
  EXPECT_TRUE(next.again);
  EXPECT_EQ(next.pause, 200ms);
  EXPECT_EQ(next.quick_crashes, 0);
  next = rule.after(killed, 1s, false);
  EXPECT_EQ(next.pause, 400ms);
  EXPECT_EQ(next.quick_crashes, 1);
}

}  // namespace
}  // namespace weir::app
