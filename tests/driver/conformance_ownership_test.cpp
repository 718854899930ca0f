// Owning: a compare-and-set on the fence row, never on anybody's clock.
#include "tests/driver/fixture.hpp"

namespace weir::conformance {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class owning : public conformance {
 protected:
  void SetUp() override {
    conformance::SetUp();
    if (!IsSkipped()) own_lane();
  }
  ownership_store& owners() { return ownership_of_nodes(); }
  std::optional<errc> acquire(node_id me, bool timeline_waited = false, bool crash_waited = false) {
    return code_of(owners().acquire(me, lane_.part, timeline_waited, crash_waited));
  }
};

TEST_F(owning, ANewPartitionStartsCleanAtTheBeginning) {
  EXPECT_EQ(lane_start_.held.epoch, 1);
  EXPECT_EQ(lane_start_.unclean, 0);
  EXPECT_EQ(lane_start_.next_due, std::nullopt);
  EXPECT_THAT(lane_start_.keyed, IsEmpty());
  EXPECT_FALSE(lane_start_.mark.seen.empty());
  EXPECT_EQ(lane_start_.mark.upto, std::nullopt);
  const auto row = partition(lane_.part);
  EXPECT_EQ(row.owner, n1_);
  EXPECT_EQ(row.owner_name, "n1");
  EXPECT_EQ(row.epoch, 1);
  EXPECT_EQ(row.timeline, lane_start_.timeline);
  EXPECT_EQ(row.assigned_to, "n1");
}

TEST_F(owning, AnOwnedPartitionIsNotGiven) {
  EXPECT_EQ(acquire(n1_), errc::refused) << "not even to its owner";
  const auto n2 = join("n2");
  wish_for(lane_.part, "n2");
  EXPECT_EQ(acquire(n2), errc::refused);
  EXPECT_EQ(partition(lane_.part).owner, n1_);
}

TEST_F(owning, APartitionIsGivenOnlyToWhomTheLeaderWishes) {
  const auto n2 = join("n2");
  EXPECT_TRUE(must(owners().release(n1_, lane_)));
  EXPECT_EQ(acquire(n2), errc::refused);
  wish_for(lane_.part, "");
  EXPECT_EQ(acquire(n1_), errc::refused);
  EXPECT_EQ(partition(lane_.part).owner, 0);
  EXPECT_EQ(partition(lane_.part).owner_name, "");
}

TEST_F(owning, TheHistoryTellsWhoHadTheStreamAndWhyEachEnded) {
  const auto told = [this] {
    std::vector<std::string> lines;
    for (const owner_record& one : must(console().owners("lane", 10)))
      lines.push_back(std::to_string(one.slot) + " " + std::to_string(one.epoch) + " " + one.node + " " +
                      (one.ended ? one.reason : "owns it"));
    return lines;
  };
  EXPECT_THAT(told(), testing::ElementsAre("0 1 n1 owns it"));
  const auto again = must(owners().renew(n1_, lane_)).held;
  EXPECT_TRUE(must(owners().release(n1_, again)));
  const auto n2 = join("n2");
  wish_for(lane_.part, "n2");
  EXPECT_EQ(acquire(n2), std::nullopt);
  EXPECT_TRUE(must(membership().declare_dead_by_proof(n2)));
  EXPECT_THAT(told(), testing::ElementsAre("0 3 n2 dead", "0 2 n1 released", "0 1 n1 renewed"));
  const auto all = must(console().owners("lane", 2));
  ASSERT_THAT(all, SizeIs(2)) << "no more than were asked for";
  EXPECT_LE(all.at(1).ended.value(), all.at(0).since);
  EXPECT_EQ(code_of(console().owners("nowhere", 10)), errc::not_found);
}

TEST_F(owning, ADeadIncarnationGetsNothingThoughItsNameIsWished) {
  EXPECT_TRUE(must(membership().declare_dead_by_proof(n1_)));
  EXPECT_EQ(acquire(n1_, true, true), errc::refused);
  const auto again = join("n1");
  EXPECT_NE(again, n1_);
  EXPECT_EQ(acquire(again, false, true), std::nullopt);
}

TEST_F(owning, AStoppedIncarnationGetsNothing) {
  must(membership().set_state(n1_, node_state::stopped));
  EXPECT_EQ(acquire(n1_, true, true), errc::refused);
}

TEST_F(owning, AnUnknownPartitionIsRefused) {
  EXPECT_EQ(code_of(owners().acquire(n1_, 1'000'000, true, true)), errc::refused);
}

TEST_F(owning, AReleaseIsCleanAndTheNextEpochHigher) {
  EXPECT_TRUE(must(owners().release(n1_, lane_)));
  const auto row = partition(lane_.part);
  EXPECT_EQ(row.owner, 0);
  EXPECT_EQ(row.epoch, lane_.epoch);
  EXPECT_FALSE(row.freed_by_crash);
  const auto next = must(owners().acquire(n1_, lane_.part, false, false));
  EXPECT_EQ(next.held.epoch, lane_.epoch + 1);
  EXPECT_EQ(next.unclean, 0);
}

TEST_F(owning, ReleasingWhatIsNotMineIsFalse) {
  const auto n2 = join("n2");
  EXPECT_FALSE(must(owners().release(n2, lane_)));
  EXPECT_FALSE(must(owners().release(n1_, {lane_.part, lane_.epoch + 1})));
  EXPECT_TRUE(must(owners().release(n1_, lane_)));
  EXPECT_FALSE(must(owners().release(n1_, lane_))) << "twice";
}

TEST_F(owning, APartitionFreedByACrashWaitsForItsHandOverDelay) {
  const auto n2 = join("n2");
  wish_for(lane_.part, "n2");
  EXPECT_TRUE(must(membership().declare_dead_by_proof(n1_)));
  const auto row = partition(lane_.part);
  EXPECT_EQ(row.owner, 0);
  EXPECT_TRUE(row.freed_by_crash);
  EXPECT_EQ(acquire(n2, true, false), errc::refused);
  const auto found = must(owners().acquire(n2, lane_.part, false, true));
  EXPECT_EQ(found.unclean, 1);
  EXPECT_EQ(found.held.epoch, lane_.epoch + 1);
  EXPECT_FALSE(partition(lane_.part).freed_by_crash);
  EXPECT_EQ(must(owners().renew(n2, found.held)).unclean, 1) << "its own answer may have been lost";
}

TEST_F(owning, DeathsInARowAreCountedUntilAnOwnerLetsGo) {
  fence held = lane_;
  node_id owner = n1_;
  for (int deaths = 1; deaths <= 3; ++deaths) {
    EXPECT_TRUE(must(membership().declare_dead_by_proof(owner)));
    const auto next = join("n" + std::to_string(1 + deaths));
    must(console().wish_for({{held.part, "n" + std::to_string(1 + deaths)}}));
    const auto found = must(owners().acquire(next, held.part, false, true));
    EXPECT_EQ(found.unclean, deaths);
    held = must(owners().renew(next, found.held)).held;
    owner = next;
  }
  EXPECT_TRUE(must(owners().release(owner, held)));
  EXPECT_EQ(must(owners().acquire(owner, held.part, false, true)).unclean, 0);
  const auto last = join("n9");
  must(console().wish_for({{held.part, "n9"}}));
  EXPECT_TRUE(must(membership().declare_dead_by_proof(owner)));
  EXPECT_EQ(must(owners().acquire(last, held.part, false, true)).unclean, 1);
}

TEST_F(owning, OnANewTimelineEvenAFreePartitionWaitsForATtl) {
  EXPECT_TRUE(must(owners().release(n1_, lane_)));
  store().fail_over();
  for (auto reconnected : {membership().reconnect(), leadership().reconnect(), owners().reconnect(),
                           coordination().reconnect()}) {
    must(reconnected);
  }
  EXPECT_EQ(acquire(n1_, true, true), errc::refused) << "its incarnation is of the old timeline";
  EXPECT_TRUE(must(membership().declare_dead_by_proof(n1_)));
  n1_ = join("n1");
  term_ = lead(n1_);
  wish_for(lane_.part, "n1");
  EXPECT_EQ(acquire(n1_, false, true), errc::refused);
  const auto found = must(owners().acquire(n1_, lane_.part, true, false));
  EXPECT_EQ(found.timeline, lane_start_.timeline + 1);
  EXPECT_EQ(partition(lane_.part).timeline, lane_start_.timeline + 1);
  EXPECT_GT(found.held.epoch, lane_.epoch);
  EXPECT_TRUE(must(owners().release(n1_, found.held)));
  EXPECT_EQ(acquire(n1_, false, false), std::nullopt) << "from now on it is of the present timeline";
}

TEST_F(owning, OldOwnersNeitherReleaseNorRenewOnANewTimeline) {
  store().fail_over();
  must(owners().reconnect());
  EXPECT_FALSE(must(owners().release(n1_, lane_)));
  EXPECT_EQ(code_of(owners().renew(n1_, lane_)), errc::refused);
}

TEST_F(owning, RenewingTakesTheNextEpoch) {
  const auto next = must(owners().renew(n1_, lane_));
  EXPECT_EQ(next.held.part, lane_.part);
  EXPECT_EQ(next.held.epoch, lane_.epoch + 1);
  EXPECT_EQ(next.mark.seen, lane_start_.mark.seen);
  EXPECT_EQ(code_of(owners().renew(n1_, lane_)), errc::refused) << "the old epoch is over";
  EXPECT_EQ(code_of(owners().renew(join("n2"), next.held)), errc::refused);
  EXPECT_EQ(must(owners().renew(n1_, next.held)).held.epoch, lane_.epoch + 2);
}

TEST_F(owning, ATakeOverWaitsForAStatementThatHoldsTheFence) {
  EXPECT_TRUE(must(owners().release(n1_, lane_)));
  auto late = store().begin();
  late->hold_fence(lane_.part);
  EXPECT_EQ(acquire(n1_), errc::timeout);
  EXPECT_EQ(partition(lane_.part).owner, 0);
  late->commit();
  EXPECT_EQ(acquire(n1_), std::nullopt);
}

TEST_F(owning, RenewingWaitsForAStatementThatHoldsTheFence) {
  auto late = store().begin();
  late->hold_fence(lane_.part);
  EXPECT_EQ(code_of(owners().renew(n1_, lane_)), errc::timeout);
  late->rollback();
  EXPECT_EQ(must(owners().renew(n1_, lane_)).held.epoch, lane_.epoch + 1) << "a timeout changed nothing";
}

TEST_F(owning, AHeldFenceDoesNotHoldUpTheOwnersOwnWork) {
  auto other = store().begin();
  other->hold_fence(lane_.part);
  hand(lane_);
  const auto row = read_all({lane_.part, 0}).at(0);
  EXPECT_THAT(finish({result_row(row, 'd')}).held, SizeIs(1));
}

}  // namespace
}  // namespace weir::conformance
