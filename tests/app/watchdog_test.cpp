// When the watchdog is fed: while signs of life come, while nothing is at work, and not otherwise.
#include "app/watchdog.hpp"

#include <atomic>

#include <gtest/gtest.h>

namespace weir::app {
namespace {

using namespace std::chrono_literals;

class Watchdog : public ::testing::Test {
 protected:
  /// True once it was fed anew, within a second.
  bool is_fed_again() const {
    const int before = fed;
    for (const boot_time end = boot_clock::now() + 1s; boot_clock::now() < end;) {
      if (fed > before) return true;
      std::this_thread::sleep_for(1ms);
    }
    return false;
  }

  std::atomic<int> fed = 0;
  std::atomic<int> looks = 0;
  std::atomic<boot_time> sign{boot_clock::now()};
  watchdog dog{20ms, 10s, [this] { ++fed; }};
  const std::function<boot_time()> its_sign = [this] {
    ++looks;
    return sign.load();
  };
};

TEST_F(Watchdog, IsFedWhileNothingIsAtWork) { EXPECT_TRUE(is_fed_again()); }

TEST_F(Watchdog, IsFedWhileASignCounts) {
  dog.look_at(its_sign);
  EXPECT_TRUE(is_fed_again());
  EXPECT_GT(looks, 0);
}

TEST_F(Watchdog, IsNotFedAfterAnOldSignAndAgainAfterANewOne) {
  sign = boot_clock::now() - 11s;
  dog.look_at(its_sign);
  const int before = fed;
  const int seen = looks;
  while (looks < seen + 5) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(fed, before);
  sign = boot_clock::now();
  EXPECT_TRUE(is_fed_again());
}

TEST_F(Watchdog, LooksAtNothingThatHasEnded) {
  sign = boot_clock::now() - 11s;
  dog.look_at(its_sign);
  dog.look_at({});
  const int seen = looks;
  EXPECT_TRUE(is_fed_again());
  EXPECT_EQ(looks, seen);
}

}  // namespace
}  // namespace weir::app
