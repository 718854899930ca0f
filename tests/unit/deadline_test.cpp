// The owner's deadline lies before any observer may act, and failed beats hurry as it comes near.
#include "domain/deadline.hpp"

#include <gtest/gtest.h>
#include <weir/defaults.hpp>

namespace weir::domain {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr boot_time start{100h};

TEST(OwnershipDeadline, IsATtlLessAMarginAfterTheBeatWasSent) {
  EXPECT_EQ(ownership_deadline(start, 6s, 1s), start + 5s);
  EXPECT_EQ(ownership_deadline(start, 600ms, 100ms), start + 500ms);
}

TEST(OwnershipDeadline, LiesAMarginBeforeAnyObserverMayAct) {
  const boot_time sent = start;
  const boot_time first_seen = sent + 1ns;  // an observer cannot see a beat before it was sent

  EXPECT_GE(first_seen + defaults::ttl - ownership_deadline(sent, defaults::ttl, defaults::margin),
            defaults::margin);
}

TEST(BeatRetryWait, IsHalfOfWhatIsLeftWithinBounds) {
  const struct {
    milliseconds left;
    milliseconds wait;
  } cases[] = {{10s, 1s},      {2s, 1s},     {1999ms, 999ms}, {1s, 500ms}, {300ms, 150ms}, {200ms, 100ms},
               {150ms, 100ms}, {1ms, 100ms}, {0ms, 1s},       {-1ms, 1s},  {-1h, 1s}};
  for (const auto& c : cases) EXPECT_EQ(beat_retry_wait(start, start + c.left), c.wait) << c.left.count();
}

TEST(BeatRetryWait, FitsSeveralTriesIntoTheDefaultWindow) {
  const boot_time deadline = start + 5s;
  boot_time now = start;
  int tries = 0;
  for (; now < deadline; ++tries) now += beat_retry_wait(now, deadline);

  EXPECT_GE(tries, 6);
  EXPECT_LE(tries, 12);
}

}  // namespace
}  // namespace weir::domain
