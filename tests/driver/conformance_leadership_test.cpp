// The election: a lock for speed, a term for safety.
#include "tests/driver/fixture.hpp"

namespace weir::conformance {
namespace {

using testing::SizeIs;

class leading : public conformance {
 protected:
  void SetUp() override {
    conformance::SetUp();
    if (IsSkipped()) return;
    n1_ = join("n1");
    second_node_ = join("n2");
    other_ = store().driver().open_leadership();
  }
  leadership_store& other() { return *other_; }

  node_id second_node_ = 0;

 private:
  std::unique_ptr<leadership_store> other_;
};

TEST_F(leading, OneLeadsAndTheOtherSeesIt) {
  const auto begun = must(leadership().try_lead(n1_));
  ASSERT_TRUE(begun.has_value());
  EXPECT_EQ(begun->timeline, must(membership().identify()).timeline);
  EXPECT_EQ(must(other().try_lead(second_node_)), std::nullopt);
  EXPECT_TRUE(must(leadership().renew(n1_, *begun)));
  const auto view = must(console().view());
  ASSERT_TRUE(view.leader.has_value());
  EXPECT_EQ(view.leader->node, n1_);
  EXPECT_EQ(view.leader->node_name, "n1");
  EXPECT_EQ(view.leader->fence.term, begun->term);
  EXPECT_EQ(view.leader->ended_at, std::nullopt);
}

TEST_F(leading, TheLockAloneIsNotEnoughToRenew) {
  const auto begun = lead(n1_);
  EXPECT_FALSE(must(other().renew(n1_, begun))) << "this session holds no lock";
  EXPECT_FALSE(must(leadership().renew(second_node_, begun)));
  EXPECT_FALSE(must(leadership().renew(n1_, {begun.timeline, begun.term + 1})));
  EXPECT_FALSE(must(leadership().renew(n1_, {begun.timeline + 1, begun.term})));
  EXPECT_TRUE(must(leadership().renew(n1_, begun)));
}

TEST_F(leading, ResigningFreesTheLockAndSaysWhy) {
  const auto first = lead(n1_);
  must(leadership().resign(n1_, first, "drained"));
  EXPECT_FALSE(must(leadership().renew(n1_, first)));
  EXPECT_EQ(must(console().view()).leader, std::nullopt);
  const auto second = must(other().try_lead(second_node_));
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->term, first.term + 1);
  const auto history = must(console().leaders(10));
  ASSERT_THAT(history, SizeIs(2));
  EXPECT_EQ(history.at(0).node_name, "n2");
  EXPECT_EQ(history.at(0).ended_at, std::nullopt);
  EXPECT_EQ(history.at(1).node_name, "n1");
  EXPECT_EQ(history.at(1).reason, "drained");
  ASSERT_TRUE(history.at(1).ended_at.has_value());
  EXPECT_GE(*history.at(1).ended_at, history.at(1).elected_at);
  EXPECT_THAT(must(console().leaders(1)), SizeIs(1));
}

TEST_F(leading, ALeaderMayLeadAgainAfterResigning) {
  const auto first = lead(n1_);
  must(leadership().resign(n1_, first, "resigned"));
  const auto second = lead(n1_);
  EXPECT_EQ(second.term, first.term + 1);
  EXPECT_TRUE(must(leadership().renew(n1_, second)));
  EXPECT_FALSE(must(leadership().renew(n1_, first)));
}

TEST_F(leading, ALostSessionLosesTheLockAndTheNextTermSaysSo) {
  const auto first = lead(n1_);
  must(leadership().reconnect());
  EXPECT_FALSE(must(leadership().renew(n1_, first))) << "a new session holds no lock";
  const auto second = must(other().try_lead(second_node_));
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->term, first.term + 1);
  const auto history = must(console().leaders(10));
  ASSERT_THAT(history, SizeIs(2));
  EXPECT_TRUE(history.at(1).ended_at.has_value());
  EXPECT_FALSE(history.at(1).reason.empty());
  EXPECT_FALSE(must(leadership().renew(n1_, first)));
  EXPECT_EQ(must(leadership().try_lead(n1_)), std::nullopt);
}

TEST_F(leading, AClosedStoreFreesTheLock) {
  auto passing = store().driver().open_leadership();
  ASSERT_TRUE(must(passing->try_lead(n1_)).has_value());
  passing.reset();
  EXPECT_TRUE(must(other().try_lead(second_node_)).has_value());
}

TEST_F(leading, ABrokenSessionNeverAnswersThatItLeads) {
  const auto first = lead(n1_);
  store().break_sessions();
  const auto answer = leadership().renew(n1_, first);
  EXPECT_FALSE(answer.ok() && *answer);
  must(other().reconnect());
  EXPECT_TRUE(must(other().try_lead(second_node_)).has_value());
}

TEST_F(leading, ADeadNodeThatIsRefusedKeepsNoLock) {
  EXPECT_TRUE(must(membership().declare_dead_by_proof(n1_)));
  EXPECT_EQ(code_of(leadership().try_lead(n1_)), errc::refused);
  EXPECT_TRUE(must(other().try_lead(second_node_)).has_value());
}

TEST_F(leading, OnlyTheRunningTermWrites) {
  const auto part = parts_of("default").at(0);
  const auto first = lead(n1_);
  must(coordination().assign(n1_, first, {{part, "n1"}}));
  must(coordination().keep_room(n1_, first));
  must(leadership().resign(n1_, first, "resigned"));
  EXPECT_EQ(code_of(coordination().assign(n1_, first, {{part, "n2"}})), errc::refused)
      << "its term has ended";
  const auto second = must(other().try_lead(second_node_));
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(code_of(coordination().assign(n1_, first, {{part, "n2"}})), errc::refused);
  EXPECT_EQ(code_of(coordination().assign(n1_, *second, {{part, "n2"}})), errc::refused) << "not its own";
  EXPECT_EQ(
      code_of(coordination().assign(second_node_, {second->timeline + 1, second->term}, {{part, "n2"}})),
      errc::refused);
  EXPECT_EQ(code_of(coordination().keep_room(n1_, first)), errc::refused);
  EXPECT_EQ(partition(part).assigned_to, "n1") << "nothing was written";
  must(coordination().assign(second_node_, *second, {{part, "n2"}}));
  EXPECT_EQ(partition(part).assigned_to, "n2");
}

TEST_F(leading, AfterAFailOverTheOldTermIsOver) {
  const auto part = parts_of("default").at(0);
  const auto first = lead(n1_);
  store().fail_over();
  must(coordination().reconnect());
  must(membership().reconnect());
  must(leadership().reconnect());
  EXPECT_EQ(code_of(coordination().assign(n1_, first, {{part, "n2"}})), errc::refused);
  EXPECT_EQ(code_of(leadership().try_lead(n1_)), errc::refused) << "an incarnation of the old timeline";
  EXPECT_TRUE(must(membership().declare_dead_by_proof(n1_)));
  const auto again = join("n1");
  const auto second = lead(again);
  EXPECT_EQ(second.timeline, first.timeline + 1);
  EXPECT_GT(second.term, first.term);
  must(coordination().assign(again, second, {{part, "n2"}}));
}

TEST_F(leading, IdsJumpAfterAFailOver) {
  const auto before = insert(task_of("t"));
  store().fail_over();
  must(membership().reconnect());
  must(leadership().reconnect());
  EXPECT_TRUE(must(membership().declare_dead_by_proof(n1_)));
  lead(join("n1"));
  must(tasks().reconnect());
  const auto after = insert(task_of("t"));
  EXPECT_GE(after - before, task_id{1} << 20U) << "ids that a lost primary gave are not given again";
  EXPECT_LT(after - before, task_id{1} << 21U) << "once";
}

}  // namespace
}  // namespace weir::conformance
