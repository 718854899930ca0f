// A token only grows while a partition changes owners, over fail-overs too.
#include "domain/fencing_token.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace weir::domain {
namespace {

TEST(FencingToken, PacksTimelineAboveEpoch) {
  EXPECT_EQ(fencing_token(0, 0), 0U);
  EXPECT_EQ(fencing_token(1, 7), (std::uint64_t{1} << 40U) + 7U);
  EXPECT_EQ(fencing_token(3, 1), (std::uint64_t{3} << 40U) + 1U);
}

TEST(FencingToken, GrowsWithEveryEpochAndEveryTimeline) {
  EXPECT_LT(fencing_token(1, 1), fencing_token(1, 2));
  EXPECT_LT(fencing_token(1, 104), fencing_token(2, 103));  // a fail-over may repeat an epoch
  EXPECT_LT(fencing_token(1, (epoch_number{1} << 40) - 1), fencing_token(2, 0));
}

TEST(FencingToken, FitsASignedInteger) {
  const auto largest = fencing_token(timeline_limit - 1, (epoch_number{1} << 40) - 1);
  EXPECT_EQ(largest, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
}

TEST(FencingTokenDeathTest, RefusesWhatDoesNotFit) {
  EXPECT_DEATH(fencing_token(-1, 0), "assertion failed");
  EXPECT_DEATH(fencing_token(timeline_limit, 0), "assertion failed");
  EXPECT_DEATH(fencing_token(1, -1), "assertion failed");
  EXPECT_DEATH(fencing_token(1, epoch_number{1} << 40), "assertion failed");
}

}  // namespace
}  // namespace weir::domain
