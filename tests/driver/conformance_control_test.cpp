// What people order of leaders, placements and streams, and what they are told of a task that waits.
#include "tests/driver/fixture.hpp"

namespace weir::conformance {
namespace {

using std::chrono::hours;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ordering : public conformance {
 protected:
  void SetUp() override {
    conformance::SetUp();
    if (!IsSkipped()) own_lane();
  }
  std::vector<task_row> given(std::vector<insert_row> rows) {
    must(tasks().insert(rows));
    return read_all(lane_);
  }
  void move_mark() { finish({}, {{lane_.part, {read(lane_, start_).taken, std::nullopt, 0, 0}, 0, 0, 0}}); }
};

// -- leader resign

TEST_F(ordering, AResignedLeaderHasEndedAndItsLockIsFree) {
  const auto ended = must(console().resign_leader());
  EXPECT_EQ(ended.fence.term, term_.term);
  EXPECT_EQ(ended.node_name, "n1");
  EXPECT_TRUE(ended.ended_at.has_value());
  EXPECT_EQ(must(console().leaders(1)).at(0).reason, "resigned");
  EXPECT_EQ(code_of(coordination().assign(n1_, term_, {{lane_.part, "n9"}})), errc::refused);
  const auto late = leadership().renew(n1_, term_);
  EXPECT_FALSE(late.ok() && *late);

  const auto n2 = join("n2");
  const auto other = store().driver().open_leadership();
  std::optional<leader_term> next;  // the old session ends a moment later
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20}; !next;) {
    ASSERT_LT(std::chrono::steady_clock::now(), end);
    next = must(other->try_lead(n2));
  }
  EXPECT_EQ(next->term, term_.term + 1);
}

TEST_F(ordering, AResignedLeaderMayBeElectedAgain) {
  must(console().resign_leader());
  must(leadership().reconnect());
  EXPECT_EQ(lead(n1_).term, term_.term + 1);
}

TEST_F(ordering, WithoutALeaderNobodyResigns) {
  must(console().resign_leader());
  EXPECT_EQ(code_of(console().resign_leader()), errc::not_found);
}

// -- wishes by hand

TEST_F(ordering, AWishOfAPersonTakesThePlaceOfTheLeaders) {
  must(console().wish_for({{lane_.part, "n2"}, {4711, "n2"}}));
  EXPECT_EQ(partition(lane_.part).assigned_to, "n2");
  EXPECT_EQ(partition(lane_.part).owner, n1_) << "owning is a step of the nodes";
  wish_for(lane_.part, "n1");
  EXPECT_EQ(partition(lane_.part).assigned_to, "n1");
  must(console().wish_for({}));
}

TEST_F(ordering, TheRowsAreThoseOfTheLeader) {
  const auto seen = must(console().rows());
  EXPECT_THAT(seen.nodes, SizeIs(1));
  EXPECT_THAT(seen.streams, SizeIs(2));
  EXPECT_THAT(seen.partitions, SizeIs(17));
}

// -- deleting streams

TEST_F(ordering, AStreamWithUnfinishedTasksStaysAndTheyAreCounted) {
  const auto rows = given({lane_task("a"), lane_task("b"), lane_task("c")});
  auto refused = console().delete_stream("lane");
  ASSERT_EQ(code_of(refused), errc::refused);
  EXPECT_THAT(refused.error().message, HasSubstr("3 unfinished tasks"));
  finish({result_row(rows.at(0), 'd'), result_row(rows.at(1), 'c'), open_row(rows.at(2), 'r', hours{1})});
  refused = console().delete_stream("lane");
  ASSERT_EQ(code_of(refused), errc::refused) << "one waits to be retried";
  EXPECT_THAT(refused.error().message, HasSubstr("1 unfinished task;")) << "the hint follows";
  EXPECT_THAT(parts_of("lane"), SizeIs(1));
}

TEST_F(ordering, ADeletedStreamIsGoneWithItsRoutesAndOwners) {
  const auto row = given({lane_task("a")}).at(0);
  finish({result_row(row, 'd')});
  declarations wanted;
  wanted.routes = {{"a", "lane"}};
  must(coordination().declare(n1_, wanted));
  must(console().delete_stream("lane"));
  EXPECT_THAT(parts_of("lane"), IsEmpty());
  EXPECT_THAT(must(membership().beat(n1_)).partitions, IsEmpty());
  EXPECT_EQ(code_of(console().delete_stream("lane")), errc::not_found);
  EXPECT_FALSE(must(ownership_of_nodes().release(n1_, lane_))) << "nothing is there to be given back";
  EXPECT_EQ(code_of(tasks().insert({lane_task("a")})), errc::invalid);
  EXPECT_EQ(must(console().task(insert(task_of("a")))).stream, "default") << "its route is gone, too";
}

TEST_F(ordering, FinishedTasksKeepTheNameOfADeletedStream) {
  const auto row = given({lane_task("a")}).at(0);
  finish({result_row(row, 'd')});
  must(console().delete_stream("lane"));
  EXPECT_EQ(must(console().task(row.id)).stream, "lane");
  EXPECT_EQ(must(console().task(row.id)).state, task_state::done);
  stream_declaration again;
  again.name = "lane";
  again.mode = stream_mode::single;
  must(console().create_stream(again));
  EXPECT_NE(parts_of("lane").at(0), lane_.part);
  insert(lane_task("b"));
  task_filter filter;
  filter.stream = "lane";
  EXPECT_THAT(must(console().tasks(filter)).items, SizeIs(2)) << "of both streams of that name";
}

TEST_F(ordering, EpochsGoOnWhereAStreamIsDeletedAndMadeAgain) {
  for (int i = 0; i < 3; ++i) lane_ = must(ownership_of_nodes().renew(n1_, lane_)).held;
  must(console().delete_stream("lane"));
  stream_declaration again;
  again.name = "lane";
  again.mode = stream_mode::single;
  must(console().create_stream(again));
  EXPECT_GT(own(n1_, "n1", parts_of("lane").at(0)).held.epoch, lane_.epoch)
      << "whoever compares fencing tokens would refuse the new owner";
}

TEST_F(ordering, EpochsGoOnInPartitionsOfAnotherNumber) {
  stream_declaration mail;
  mail.name = "mail";
  mail.partitions = 2;
  must(console().create_stream(mail));
  auto last = own(n1_, "n1", parts_of("mail").at(1)).held;
  last = must(ownership_of_nodes().renew(n1_, last)).held;
  EXPECT_TRUE(must(ownership_of_nodes().release(n1_, last)));
  stream_change wider;
  wider.partitions = 3;
  must(console().change_stream("mail", wider));
  for (const auto part : parts_of("mail"))
    EXPECT_GT(own(n1_, "n1", part).held.epoch, last.epoch) << "partition " << part;
}

TEST_F(ordering, TheDefaultStreamCannotBeDeleted) {
  EXPECT_EQ(code_of(console().delete_stream("default")), errc::refused);
}

TEST_F(ordering, AStreamIsNotDeletedUnderATransactionThatInserts) {
  const auto slow = store().begin();
  slow->insert(lane_task("slow"));
  EXPECT_EQ(code_of(console().delete_stream("lane")), errc::timeout);
  slow->commit();
  EXPECT_EQ(code_of(console().delete_stream("lane")), errc::refused);
}

// -- why a task waits

TEST_F(ordering, AnUnreadTaskHasAPlaceAndTasksAhead) {
  auto later = lane_task("later");
  later.do_after = store().now() + hours{1};
  const auto ids = ids_of(must(tasks().insert({lane_task("a"), later, lane_task("b"), lane_task("c")})));
  const auto facts = must(console().facts(ids.at(2)));
  EXPECT_EQ(facts.part, lane_.part);
  EXPECT_EQ(facts.slot, 0);
  EXPECT_FALSE(facts.open.has_value());
  EXPECT_EQ(facts.ahead, 1) << "neither those not yet due nor those that came after";
  EXPECT_EQ(facts.running, 0);
  EXPECT_EQ(facts.running_of_key, std::nullopt);
  EXPECT_EQ(facts.newer_of_key, std::nullopt);
  EXPECT_EQ(code_of(console().facts(999'999'999)), errc::not_found);
}

TEST_F(ordering, ARetryTellsWhenItIsDueAndWhatItUsedUp) {
  const auto row = given({lane_task("a")}).at(0);
  auto waits = open_row(row, 'r', hours{1});
  waits.result = 'r';
  waits.number = 1;
  waits.started_at = store().now();
  waits.attempts = 2;
  waits.crashes = 1;
  waits.runs = 3;
  const auto before = store().now();
  finish({waits});
  const auto facts = must(console().facts(row.id));
  ASSERT_TRUE(facts.open.has_value());
  EXPECT_EQ(facts.open->state, 'r');
  EXPECT_EQ(facts.open->epoch, lane_.epoch);
  EXPECT_GE(facts.open->due, before + hours{1});
  EXPECT_GE(facts.open->since, before);
  EXPECT_EQ(facts.open->attempts, 2);
  EXPECT_EQ(facts.open->crashes, 1);
  EXPECT_EQ(facts.open->runs, 3);
}

TEST_F(ordering, ATaskOfAKeyIsToldWhichOneRunsAndWhichIsNewer) {
  const auto rows = given({lane_task("a", "k"), lane_task("a", "k"), lane_task("a", "k"), lane_task("b", "k"),
                           lane_task("a", "other"), lane_task("a")});
  finish({open_row(rows.at(0), 'i')});
  auto facts = must(console().facts(rows.at(1).id));
  EXPECT_EQ(facts.running_of_key, rows.at(0).id);
  EXPECT_EQ(facts.newer_of_key, rows.at(2).id);
  EXPECT_EQ(facts.running, 1);
  facts = must(console().facts(rows.at(2).id));
  EXPECT_EQ(facts.newer_of_key, std::nullopt);
  for (const auto other : {3U, 4U, 5U}) {
    facts = must(console().facts(rows.at(other).id));
    EXPECT_EQ(facts.running_of_key, std::nullopt) << other;
    EXPECT_EQ(facts.newer_of_key, std::nullopt) << other;
  }
  auto over = result_row(rows.at(0), 'd');
  over.open = finish_row::open_change::remove;
  finish({over, open_row(rows.at(2), 'r', hours{1})});
  facts = must(console().facts(rows.at(1).id));
  EXPECT_EQ(facts.running_of_key, std::nullopt);
  EXPECT_EQ(facts.newer_of_key, std::nullopt) << "the newer one is not due";
}

TEST_F(ordering, AStartedTaskOfAFormerOwnerDoesNotRun) {
  const auto rows = given({lane_task("a", "k"), lane_task("a", "k")});
  finish({open_row(rows.at(0), 'i')});
  take_over_lane();
  const auto facts = must(console().facts(rows.at(1).id));
  EXPECT_EQ(facts.running_of_key, std::nullopt);
  EXPECT_EQ(facts.running, 0);
}

// -- what is left for a node

TEST_F(ordering, ANodeIsSettledWhenItOwnsWhatItShallAndAllHasAPlace) {
  EXPECT_FALSE(must(console().left_for(n1_)).settled) << "nobody has the partitions of default";
  std::vector<wish> wishes;
  for (const auto part : parts_of("default")) wishes.push_back({part, "n1"});
  must(coordination().assign(n1_, term_, wishes));
  EXPECT_FALSE(must(console().left_for(n1_)).settled) << "they are not taken yet";
  for (const auto part : parts_of("default")) must(ownership_of_nodes().acquire(n1_, part, false, true));
  EXPECT_TRUE(must(console().left_for(n1_)).settled);

  wish_for(lane_.part, "n2");
  EXPECT_FALSE(must(console().left_for(n1_)).settled) << "n2 was never there";
  must(console().pin("lane", "n2", pin_policy::strict));
  EXPECT_TRUE(must(console().left_for(n1_)).settled) << "the stream waits for n2";
  must(console().pin("lane", std::nullopt, std::nullopt));
  join("n2");
  EXPECT_TRUE(must(console().left_for(n1_)).settled) << "that is n2's";
  must(console().resign_leader());
  EXPECT_FALSE(must(console().left_for(n1_)).settled) << "who leads next may wish otherwise";
}

TEST_F(ordering, WhatIsDueIsLeftUntilItHasEnded) {
  EXPECT_EQ(must(console().left_for(n1_)).due, 0);
  insert(task_of("elsewhere"));
  const auto rows = given({lane_task("a"), lane_task("b"), lane_task("c")});
  EXPECT_EQ(must(console().left_for(n1_)).due, 3);
  finish({result_row(rows.at(0), 'd'), open_row(rows.at(1), 'i'), open_row(rows.at(2), 'r', hours{1})});
  EXPECT_EQ(must(console().left_for(n1_)).due, 1) << "one runs, one is not due";
  must(console().pause("lane", std::nullopt));
  EXPECT_EQ(must(console().left_for(n1_)).due, 0) << "paused";
  must(console().resume("lane"));
  move_mark();
  EXPECT_EQ(must(console().left_for(n1_)).due, 1);
  must(membership().declare_dead_by_proof(n1_));
  EXPECT_EQ(code_of(console().left_for(n1_)), errc::refused);
}

}  // namespace
}  // namespace weir::conformance
