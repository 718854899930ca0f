// Registration, beats, and declaring the dead.
#include <algorithm>

#include "tests/driver/fixture.hpp"

namespace weir::conformance {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class members : public conformance {
 protected:
  static node_facts facts_of(const std::string& name) {
    node_facts facts;
    facts.name = name;
    facts.machine = "host-" + name;
    facts.version = "1.2.3";
    facts.address = "127.0.0.1:7001";
    facts.http = "127.0.0.1:7711";
    facts.labels = {{"zone", "it's \"a\""}, {"b", ""}};
    facts.weight = 3;
    facts.actions = {"mail", "o'hara, \"x\" {NULL}", "customer_update"};
    facts.cluster_settings = R"({"beat":"1s","ttl":"6s"})";
    return facts;
  }
  node_row row_of(const beat_view& view, const std::string& name) {
    for (const auto& row : view.nodes) {
      if (row.facts.name == name) return row;
    }
    throw std::runtime_error("no node " + name);
  }
};

TEST_F(members, AStoreTellsWhichDatabaseItIs) {
  const auto identity = must(membership().identify());
  EXPECT_GE(identity.timeline, 1);
  EXPECT_NE(identity.server, 0);
  const auto joined = must(membership().join(facts_of("n1")));
  EXPECT_EQ(joined.server, identity.server);
  EXPECT_EQ(joined.timeline, identity.timeline);
}

TEST_F(members, AJoiningNodeIsSeenWithAllItSaid) {
  const auto me = must(membership().join(facts_of("n1"))).id;
  const auto view = must(membership().beat(me));
  EXPECT_EQ(view.state, node_state::joining);
  EXPECT_FALSE(view.drain_wanted);
  ASSERT_THAT(view.nodes, SizeIs(1));
  const auto& row = view.nodes.front();
  const auto said = facts_of("n1");
  EXPECT_EQ(row.id, me);
  EXPECT_EQ(row.facts.machine, said.machine);
  EXPECT_EQ(row.facts.version, said.version);
  EXPECT_EQ(row.facts.address, said.address);
  EXPECT_EQ(row.facts.http, said.http);
  EXPECT_EQ(row.facts.labels, said.labels);
  EXPECT_EQ(row.facts.weight, said.weight);
  EXPECT_EQ(row.facts.actions, said.actions);
  EXPECT_EQ(row.timeline, view.timeline);
  EXPECT_FALSE(row.declared);
  EXPECT_LT(row.beat_age_seconds, 60);
  EXPECT_THAT(view.partitions, IsEmpty());
  EXPECT_THAT(view.streams, IsEmpty());
}

TEST_F(members, EveryBeatCounts) {
  const auto me = must(membership().join(facts_of("n1"))).id;
  const auto other = must(membership().join(facts_of("n2"))).id;
  const auto first = row_of(must(membership().beat(me)), "n1").beat;
  EXPECT_EQ(row_of(must(membership().beat(me)), "n1").beat, first + 1);
  const auto view = must(membership().beat(other));
  EXPECT_EQ(row_of(view, "n1").beat, first + 1) << "another's beat is not mine";
}

TEST_F(members, EverybodySeesWhatANodeSaysWithItsBeat) {
  const auto me = must(membership().join(facts_of("n1"))).id;
  const auto other = must(membership().join(facts_of("n2"))).id;
  EXPECT_EQ(row_of(must(membership().beat(other)), "n1").said.late_writes_refused, 0);
  beat_note note;
  note.late_writes_refused = 7;
  must(membership().beat(me, note));
  EXPECT_EQ(row_of(must(membership().beat(other)), "n1").said.late_writes_refused, 7);
  EXPECT_EQ(must(console().view()).rows.nodes.front().said.late_writes_refused, 7);
  EXPECT_EQ(row_of(must(membership().beat(other)), "n2").said.late_writes_refused, 0);
}

TEST_F(members, EverybodySeesWhichStreamsRestOnANode) {
  const auto me = must(membership().join(facts_of("n1"))).id;
  const auto other = must(membership().join(facts_of("n2"))).id;
  beat_note note;
  note.resting = {{1, 5, std::chrono::milliseconds{3'600'000}, "it's \"down\", \xff {}"}};
  must(membership().beat(me, note));
  const auto seen = row_of(must(membership().beat(other)), "n1").said.resting;
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(seen[0].stream, 1);
  EXPECT_EQ(seen[0].failures, 5);
  EXPECT_THAT(seen[0].message, HasSubstr("it's \"down\""));
  EXPECT_LE(seen[0].left, std::chrono::milliseconds{3'600'000});
  EXPECT_GT(seen[0].left, std::chrono::milliseconds{3'500'000});
  must(membership().beat(me));
  EXPECT_THAT(row_of(must(membership().beat(other)), "n1").said.resting, IsEmpty());
}

TEST_F(members, AnUnknownNodeCannotBeat) { EXPECT_EQ(code_of(membership().beat(4711)), errc::refused); }

TEST_F(members, ANameThatIsAliveIsTaken) {
  must(membership().join(facts_of("n1")));
  const auto taken = membership().join(facts_of("n1"));
  ASSERT_EQ(code_of(taken), errc::conflict);
  EXPECT_THAT(taken.error().message, HasSubstr("host-n1"));
}

TEST_F(members, ANameIsFreeAgainWhenItsIncarnationIsDeadOrStopped) {
  const auto first = must(membership().join(facts_of("n1"))).id;
  EXPECT_TRUE(must(membership().declare_dead_by_proof(first)));
  const auto second = must(membership().join(facts_of("n1"))).id;
  must(membership().set_state(second, node_state::stopped));
  const auto third = must(membership().join(facts_of("n1"))).id;
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  const auto view = must(membership().beat(third));
  ASSERT_THAT(view.nodes, SizeIs(1)) << "one row a name, the newest incarnation";
  EXPECT_EQ(view.nodes.front().id, third);
}

TEST_F(members, FindAnswersTheNewestIncarnation) {
  EXPECT_EQ(must(membership().find("n1")), std::nullopt);
  const auto first = must(membership().join(facts_of("n1"))).id;
  must(membership().declare_dead_by_proof(first));
  auto found = must(membership().find("n1"));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->id, first);
  EXPECT_EQ(found->state, node_state::dead);
  const auto second = must(membership().join(facts_of("n1"))).id;
  const auto beat = row_of(must(membership().beat(second)), "n1").beat;
  found = must(membership().find("n1"));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->id, second);
  EXPECT_EQ(found->state, node_state::joining);
  EXPECT_EQ(found->beat, beat);
  EXPECT_EQ(found->machine, "host-n1");
}

TEST_F(members, ClusterSettingsThatDifferAreRefusedByKeyAndValues) {
  const auto first = must(membership().join(facts_of("n1"))).id;
  auto other = facts_of("n2");
  other.cluster_settings = R"({"beat":"1s","ttl":"9s"})";
  const auto refused = membership().join(other);
  ASSERT_EQ(code_of(refused), errc::conflict);
  EXPECT_THAT(refused.error().message, testing::AllOf(HasSubstr("ttl"), HasSubstr("9s"), HasSubstr("6s")));
  EXPECT_EQ(must(membership().find("n2")), std::nullopt);
  must(membership().set_state(first, node_state::stopped));
  EXPECT_EQ(code_of(membership().join(other)), std::nullopt) << "only live nodes count";
}

TEST_F(members, ClusterSettingsAreComparedAsValuesNotAsText) {
  must(membership().join(facts_of("n1")));
  auto other = facts_of("n2");
  other.cluster_settings = R"({ "ttl": "6s", "beat": "1s" })";
  EXPECT_EQ(code_of(membership().join(other)), std::nullopt);
}

TEST_F(members, StatesGoFromJoiningToActiveToDrainingAndBack) {
  const auto me = must(membership().join(facts_of("n1"))).id;
  for (const auto state : {node_state::active, node_state::draining, node_state::active}) {
    must(membership().set_state(me, state));
    EXPECT_EQ(must(membership().beat(me)).state, state);
  }
}

TEST_F(members, ADeadIncarnationWritesNothingEver) {
  const auto me = must(membership().join(facts_of("n1"))).id;
  EXPECT_TRUE(must(membership().declare_dead_by_proof(me)));
  EXPECT_EQ(code_of(membership().beat(me)), errc::refused);
  EXPECT_EQ(code_of(membership().set_state(me, node_state::active)), errc::refused);
  EXPECT_EQ(code_of(coordination().declare(me, {})), errc::refused);
  EXPECT_EQ(code_of(leadership().try_lead(me)), errc::refused);
  EXPECT_EQ(must(membership().find("n1"))->state, node_state::dead);
}

TEST_F(members, AStoppedIncarnationDoesNotBeat) {
  const auto me = must(membership().join(facts_of("n1"))).id;
  must(membership().set_state(me, node_state::stopped));
  EXPECT_EQ(code_of(membership().beat(me)), errc::refused);
  EXPECT_EQ(code_of(membership().set_state(me, node_state::active)), errc::refused);
}

TEST_F(members, DeclaringDeadNeedsTheBeatThatWasSeen) {
  const auto observed = join("n1");
  const auto observer = join("n2");
  must(membership().beat(observed));
  const auto view = must(membership().beat(observer));
  const auto seen = row_of(view, "n1");
  must(membership().beat(observed));
  EXPECT_FALSE(must(membership().declare_dead(observed, seen.beat, view.timeline))) << "it has beaten since";
  EXPECT_FALSE(must(membership().declare_dead(observed, seen.beat + 1, view.timeline + 1)))
      << "another timeline";
  EXPECT_FALSE(must(membership().declare_dead(4711, 0, view.timeline)));
  EXPECT_EQ(must(membership().beat(observed)).state, node_state::active);
  EXPECT_TRUE(must(membership().declare_dead(observed, seen.beat + 2, view.timeline)));
  EXPECT_FALSE(must(membership().declare_dead(observed, seen.beat + 2, view.timeline))) << "dead already";
  EXPECT_FALSE(must(membership().declare_dead_by_proof(observed)));
  const auto after = must(membership().beat(observer));
  EXPECT_EQ(row_of(after, "n1").state, node_state::dead) << "the dead are seen, too";
}

TEST_F(members, AStoppedIncarnationCannotBeDeclaredDead) {
  const auto me = join("n1");
  must(membership().set_state(me, node_state::stopped));
  EXPECT_FALSE(must(membership().declare_dead_by_proof(me)));
  EXPECT_EQ(must(membership().find("n1"))->state, node_state::stopped);
}

TEST_F(members, DeathFreesPartitionsAsACrash) {
  own_two_of_default();
  const auto observer = join("n2");
  const auto seen = row_of(must(membership().beat(observer)), "n1");
  EXPECT_TRUE(must(membership().declare_dead(n1_, seen.beat, seen.timeline)));
  for (const auto& held : {first_, second_}) {
    const auto row = partition(held.part);
    EXPECT_EQ(row.owner, 0);
    EXPECT_TRUE(row.freed_by_crash);
    EXPECT_EQ(row.epoch, held.epoch);
  }
  EXPECT_FALSE(partition(parts_of("default").at(2)).freed_by_crash) << "never owned";
}

TEST_F(members, DeathWaitsForAStatementThatHoldsAFence) {
  own_two_of_default();
  auto late = store().begin();
  late->hold_fence(second_.part);
  EXPECT_EQ(code_of(membership().declare_dead_by_proof(n1_)), errc::timeout);
  EXPECT_EQ(must(membership().beat(n1_)).state, node_state::active) << "all or nothing";
  EXPECT_EQ(partition(first_.part).owner, n1_);
  late->rollback();
  EXPECT_TRUE(must(membership().declare_dead_by_proof(n1_)));
}

TEST_F(members, DeathEndsALeaderAndFreesItsLock) {
  n1_ = join("n1");
  term_ = lead(n1_);
  const auto n2 = join("n2");
  EXPECT_TRUE(must(membership().declare_dead_by_proof(n1_)));
  const auto terms = must(console().leaders(10));
  ASSERT_THAT(terms, SizeIs(1));
  EXPECT_TRUE(terms.front().ended_at.has_value());
  EXPECT_EQ(terms.front().reason, "dead");
  auto other = store().driver().open_leadership();
  const auto begun = must(other->try_lead(n2));
  ASSERT_TRUE(begun.has_value()) << "the hung leader's session must not keep the lock";
  EXPECT_EQ(begun->term, term_.term + 1);
  const auto late = leadership().renew(n1_, term_);
  EXPECT_FALSE(late.ok() && *late);
}

TEST_F(members, StoppingGivesBackCleanly) {
  own_two_of_default();
  must(membership().set_state(n1_, node_state::stopped));
  for (const auto& held : {first_, second_}) {
    EXPECT_EQ(partition(held.part).owner, 0);
    EXPECT_FALSE(partition(held.part).freed_by_crash);
  }
  EXPECT_EQ(must(console().view()).leader, std::nullopt) << "its term has ended";
}

TEST_F(members, ABeatShowsMyPartitionsWithTheirStreams) {
  own_two_of_default();
  const auto n2 = join("n2");
  const auto parts = parts_of("default");
  wish_for(parts.at(2), "n1");
  wish_for(parts.at(3), "n2");
  wish_for(first_.part, "n2");
  auto view = must(membership().beat(n1_));
  std::vector<part_id> mine;
  for (const auto& row : view.partitions) mine.push_back(row.id);
  EXPECT_THAT(mine, testing::UnorderedElementsAre(first_.part, second_.part, parts.at(2)));
  ASSERT_THAT(view.streams, SizeIs(1));
  EXPECT_EQ(view.streams.front().name, "default");
  EXPECT_EQ(view.streams.front().partitions, 16);
  const auto lost = std::find_if(view.partitions.begin(), view.partitions.end(),
                                 [&](const auto& row) { return row.id == first_.part; });
  ASSERT_NE(lost, view.partitions.end());
  EXPECT_EQ(lost->owner, n1_);
  EXPECT_EQ(lost->assigned_to, "n2");
  EXPECT_EQ(lost->epoch, first_.epoch);
  view = must(membership().beat(n2));
  mine.clear();
  for (const auto& row : view.partitions) mine.push_back(row.id);
  EXPECT_THAT(mine, testing::UnorderedElementsAre(first_.part, parts.at(3)));
}

TEST_F(members, ABeatShowsPausePinAndDrain) {
  own_two_of_default();
  must(console().pause("default", std::nullopt));
  must(console().pin("default", "n7", pin_policy::prefer));
  must(console().drain("n1", true));
  auto view = must(membership().beat(n1_));
  EXPECT_TRUE(view.drain_wanted);
  EXPECT_TRUE(row_of(view, "n1").drain_wanted);
  ASSERT_THAT(view.streams, SizeIs(1));
  EXPECT_TRUE(view.streams.front().paused);
  EXPECT_EQ(view.streams.front().paused_until, std::nullopt);
  EXPECT_EQ(view.streams.front().pin, "n7");
  EXPECT_EQ(view.streams.front().policy, pin_policy::prefer);
  must(console().resume("default"));
  must(console().drain("n1", false));
  view = must(membership().beat(n1_));
  EXPECT_FALSE(view.drain_wanted);
  EXPECT_FALSE(view.streams.front().paused);
}

TEST_F(members, AfterAFailOverAnIncarnationIsOver) {
  const auto me = join("n1");
  const auto old = must(membership().identify()).timeline;
  const auto seen = row_of(must(membership().beat(me)), "n1");
  store().fail_over();
  must(membership().reconnect());
  EXPECT_EQ(must(membership().identify()).timeline, old + 1);
  EXPECT_EQ(code_of(membership().beat(me)), errc::refused);
  EXPECT_EQ(code_of(membership().set_state(me, node_state::stopped)), errc::refused);
  EXPECT_EQ(code_of(membership().join(facts_of("n1"))), errc::conflict) << "not yet declared dead";
  EXPECT_FALSE(must(membership().declare_dead(me, seen.beat, old))) << "observed on the old timeline";
  EXPECT_TRUE(must(membership().declare_dead(me, seen.beat, old + 1)));
  EXPECT_EQ(must(membership().join(facts_of("n1"))).timeline, old + 1);
}

TEST_F(members, AfterAFailOverIncarnationsJumpOverThoseThatMayBeLost) {
  const auto before = join("n1");
  store().fail_over();
  must(membership().reconnect());
  const auto first = join("n2");
  EXPECT_GT(first, before + 1000);
  EXPECT_EQ(join("n3"), first + 1) << "once";
}

}  // namespace
}  // namespace weir::conformance
