// What the memory driver can do beyond the seam: the faults that simulations order, and the rules that it
// watches over. Snapshots print as PostgreSQL's do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/memory/memory_driver.hpp"
#include "drivers/memory/producer_transaction.hpp"
#include "drivers/memory/snapshot.hpp"
#include "tests/driver/fixture.hpp"

namespace weir::memory {
namespace {

using conformance::code_of;
using conformance::ids_of;
using conformance::must;
using conformance::task_of;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// One node that owns the partition of a single stream, and its world.
class memory_faults : public testing::Test {
 protected:
  memory_faults() {
    node_facts facts;
    facts.name = "n1";
    auto members = driver_->open_membership();
    me_ = must(members->join(facts)).id;
    auto election = driver_->open_leadership();
    auto leader = driver_->open_coordination();
    stream_declaration lane;
    lane.name = "lane";
    lane.mode = stream_mode::single;
    must(driver_->open_console()->create_stream(lane));
    part_ = must(leader->load()).partitions.back().id;
    must(leader->assign(me_, *must(election->try_lead(me_)), {{part_, "n1"}}));
    const auto found = must(owners_->acquire(me_, part_, false, false));
    held_ = found.held;
    start_ = found.mark;
  }
  result<std::vector<inserted>> hand_in(const std::string& name) {
    insert_row row = task_of(name);
    row.stream = "lane";
    return tasks_->insert({row}, {me_, {held_}});
  }
  /// Everything of the partition, as a next owner would read it.
  std::vector<task_row> rows() {
    auto reader = driver_->open_tasks();
    return must(reader->read({{{part_, 0}, start_, false, 1000}})).rows;
  }
  finish_request done(task_id id) {
    finish_request request;
    request.node = me_;
    request.held = {held_};
    finish_row row;
    row.part = part_;
    row.id = id;
    row.name = "t";
    row.result = 'd';
    row.number = 1;
    request.rows = {row};
    return request;
  }

  std::shared_ptr<world> world_ = make_world();
  std::unique_ptr<memory_driver> driver_ = make_driver(world_);
  std::unique_ptr<ownership_store> owners_ = driver_->open_ownership();
  std::unique_ptr<task_store> tasks_ = driver_->open_tasks();
  node_id me_ = 0;
  part_id part_ = 0;
  fence held_;
  reading_position start_;
};

TEST(MemorySnapshot, PrintsAndReadsTheTextOfPostgres) {
  for (const auto* text : {"1:1:", "10:20:10,14,15", "100:101:100"}) EXPECT_EQ(format(parse(text)), text);
  const auto some = parse("10:20:10,14");
  EXPECT_TRUE(some.sees(9));
  EXPECT_FALSE(some.sees(10));
  EXPECT_TRUE(some.sees(11));
  EXPECT_FALSE(some.sees(14));
  EXPECT_TRUE(some.sees(19));
  EXPECT_FALSE(some.sees(20));
  EXPECT_DEATH(parse("garbage"), "");
  EXPECT_DEATH(parse("10:5:"), "");
}

TEST_F(memory_faults, ARunningTransactionBeyondTheLatestEndedOneIsNotListed) {
  producer_transaction early{world_};
  must(early.insert(task_of("t")));
  const auto alone = parse(must(tasks_->read({})).taken);
  EXPECT_THAT(alone.running, IsEmpty());
  EXPECT_FALSE(alone.sees(alone.xmax));
  must(hand_in("t"));
  const auto listed = parse(must(tasks_->read({})).taken);
  EXPECT_THAT(listed.running, ElementsAre(alone.xmax));
  EXPECT_EQ(listed.xmin, alone.xmax);
}

TEST_F(memory_faults, ARefusalChangesNothing) {
  driver_->trouble().next("tasks.insert", {fault::what::refuse, errc::timeout});
  EXPECT_EQ(code_of(hand_in("t")), errc::timeout);
  EXPECT_THAT(rows(), IsEmpty());
  must(hand_in("t"));
}

TEST_F(memory_faults, AnUnavailableAnswerBreaksTheSession) {
  driver_->trouble().next("tasks.insert", {fault::what::refuse, errc::unavailable});
  EXPECT_EQ(code_of(hand_in("t")), errc::unavailable);
  EXPECT_EQ(code_of(hand_in("t")), errc::unavailable);
  must(tasks_->reconnect());
  must(hand_in("t"));
  EXPECT_THAT(rows(), SizeIs(1));
}

TEST_F(memory_faults, ALostAnswerLeavesTheEffect) {
  driver_->trouble().next("tasks.insert", {fault::what::lose_answer, {}});
  EXPECT_EQ(code_of(hand_in("t")), errc::in_doubt);
  EXPECT_THAT(rows(), SizeIs(1));
  must(tasks_->reconnect());
  driver_->trouble().next("tasks.read", {fault::what::lose_answer, {}});
  EXPECT_EQ(code_of(tasks_->read({})), errc::unavailable) << "a read is never in doubt";
}

TEST_F(memory_faults, ADelayedStatementMeetsTheFencesOfItsArrival) {
  driver_->trouble().next("tasks.insert", {fault::what::delay, {}});
  driver_->trouble().next("tasks.insert", {fault::what::delay, {}});
  EXPECT_EQ(code_of(hand_in("early")), errc::in_doubt);
  EXPECT_THAT(rows(), IsEmpty());
  EXPECT_EQ(world_->deliver_delayed(), 1U);
  EXPECT_THAT(rows(), SizeIs(1));

  must(tasks_->reconnect());
  EXPECT_EQ(code_of(hand_in("late")), errc::in_doubt);
  const fence over = std::exchange(held_, must(owners_->renew(me_, held_)).held);
  EXPECT_EQ(world_->deliver_delayed(), 1U);
  EXPECT_THAT(rows(), SizeIs(2));
  must(tasks_->reconnect());
  const auto polled = must(tasks_->read({{over, start_, false, 10}})).rows;
  ASSERT_THAT(polled, SizeIs(1)) << "its epoch was over when it arrived: it was not handed";
  EXPECT_EQ(polled.at(0).name, "late");
}

TEST_F(memory_faults, AnUndecidedStatementHoldsItsFenceUntilItIsDecided) {
  driver_->trouble().next("tasks.insert", {fault::what::hold, {}});
  EXPECT_EQ(code_of(hand_in("t")), errc::in_doubt);
  EXPECT_THAT(rows(), IsEmpty());
  const auto before = must(driver_->open_tasks()->read({})).taken;
  EXPECT_EQ(code_of(owners_->renew(me_, held_)), errc::timeout);
  EXPECT_EQ(world_->decide_held(true), 1U);
  held_ = must(owners_->renew(me_, held_)).held;
  must(tasks_->reconnect());
  const auto read = must(tasks_->read({{held_, {before, std::nullopt, 0, 0}, true, 10}}));
  EXPECT_THAT(read.rows, SizeIs(1)) << "it was running when the snapshot was taken, and is found";
}

TEST_F(memory_faults, AnUndecidedStatementMayAlsoHaveFailed) {
  const auto id = must(hand_in("t")).at(0).id;
  driver_->trouble().next("tasks.finish", {fault::what::hold, {}});
  EXPECT_EQ(code_of(tasks_->finish(done(id))), errc::in_doubt);
  EXPECT_EQ(world_->decide_held(false), 1U);
  EXPECT_EQ(must(driver_->open_console()->task(id)).state, task_state::ready);
  held_ = must(owners_->renew(me_, held_)).held;
}

TEST_F(memory_faults, AnUndecidedFinishTakesEffectWhenItCommits) {
  const auto id = must(hand_in("t")).at(0).id;
  driver_->trouble().next("tasks.finish", {fault::what::hold, {}});
  EXPECT_EQ(code_of(tasks_->finish(done(id))), errc::in_doubt);
  auto people = driver_->open_console();
  EXPECT_EQ(must(people->task(id)).state, task_state::ready);
  EXPECT_EQ(world_->decide_held(true), 1U);
  EXPECT_EQ(must(people->task(id)).state, task_state::done);
}

TEST_F(memory_faults, ACutNodeKeepsItsLockUntilTheServerNotices) {
  auto cut_driver = make_driver(world_);
  auto election = driver_->open_leadership();
  auto far_election = cut_driver->open_leadership();
  const auto members = driver_->open_membership();
  node_facts facts;
  facts.name = "n2";
  const auto other = must(members->join(facts)).id;
  const auto begun = must(far_election->try_lead(other));
  ASSERT_TRUE(begun.has_value());
  cut_driver->trouble().cut(true);
  EXPECT_EQ(code_of(far_election->renew(other, *begun)), errc::unavailable);
  EXPECT_EQ(code_of(far_election->reconnect()), errc::unavailable);
  EXPECT_EQ(must(election->try_lead(me_)), std::nullopt);
  EXPECT_TRUE(must(members->declare_dead_by_proof(other)));
  EXPECT_TRUE(must(election->try_lead(me_)).has_value()) << "the dead leader's session was ended";
  cut_driver->trouble().cut(false);
  must(far_election->reconnect());
  EXPECT_EQ(code_of(far_election->try_lead(other)), std::nullopt);
}

TEST_F(memory_faults, AnUnreachableServerAnswersNobodyAndKeepsEverything) {
  must(hand_in("t"));
  world_->set_reachable(false);
  EXPECT_EQ(code_of(hand_in("u")), errc::unavailable);
  EXPECT_EQ(code_of(tasks_->reconnect()), errc::unavailable);
  world_->set_reachable(true);
  EXPECT_EQ(code_of(hand_in("u")), errc::unavailable);
  must(tasks_->reconnect());
  must(hand_in("u"));
  EXPECT_THAT(rows(), SizeIs(2));
}

TEST_F(memory_faults, AReadOnlyServerIsReadButNotWritten) {
  must(hand_in("t"));
  world_->set_read_only(true);
  EXPECT_EQ(code_of(hand_in("u")), errc::read_only);
  EXPECT_EQ(code_of(tasks_->insert({task_of("u")})), errc::read_only);
  EXPECT_THAT(rows(), SizeIs(1));
  world_->set_read_only(false);
  must(hand_in("u"));
}

TEST_F(memory_faults, ASimulationMayDecideEachFault) {
  std::vector<std::string> asked;
  driver_->trouble().decide_by([&](const std::string& operation) -> std::optional<fault> {
    asked.push_back(operation);
    if (operation == "tasks.promote") return fault{fault::what::refuse, errc::overloaded};
    return std::nullopt;
  });
  must(tasks_->read({}));
  EXPECT_EQ(code_of(tasks_->promote({})), errc::overloaded);
  EXPECT_THAT(asked, ElementsAre("tasks.read", "tasks.promote"));
}

TEST_F(memory_faults, FinishingTwiceIsRecordedAsABrokenRule) {
  const auto id = must(hand_in("t")).at(0).id;
  must(tasks_->finish(done(id)));
  EXPECT_THAT(world_->broken_rules, IsEmpty());
  auto again = done(id);
  again.rows.at(0).number = 2;
  must(tasks_->finish(again));
  ASSERT_THAT(world_->broken_rules, SizeIs(1));
  EXPECT_THAT(world_->broken_rules.at(0), testing::HasSubstr("finished twice"));
  EXPECT_EQ(code_of(tasks_->finish(again)), errc::internal) << "an attempt number is given once";
}

TEST_F(memory_faults, AMarkThatPassesAnUnfinishedTaskIsRecordedAsABrokenRule) {
  const auto id = must(hand_in("t")).at(0).id;
  finish_request request = done(id);
  const auto result = request.rows.at(0);
  request.rows.clear();
  request.marks = {{part_, {must(tasks_->read({})).taken, std::nullopt, 0, 0}, 0, 0, 0}};
  must(tasks_->finish(request));
  ASSERT_THAT(world_->broken_rules, SizeIs(1));
  EXPECT_THAT(world_->broken_rules.at(0), testing::HasSubstr("passes task"));
  world_->broken_rules.clear();
  request.rows = {result};
  must(tasks_->finish(request));
  EXPECT_THAT(world_->broken_rules, IsEmpty());
}

TEST_F(memory_faults, TheClockIsTheOneHandedIn) {
  wall_time now{std::chrono::hours{1}};
  auto slow = make_world({[&] { return now; }});
  auto driver = make_driver(slow);
  auto tasks = driver->open_tasks();
  auto row = task_of("t", "k");
  row.do_after = now + std::chrono::seconds{10};
  const auto placed = must(tasks->insert({row})).at(0);
  const read_request all{{placed.part, 1}, {"1:1:", std::nullopt, 0, 0}, false, 10};
  EXPECT_EQ(must(tasks->read({all})).rows.at(0).due_in, std::chrono::seconds{10});
  now += std::chrono::seconds{10};
  EXPECT_EQ(must(tasks->read({all})).rows.at(0).due_in, std::nullopt);
}

}  // namespace
}  // namespace weir::memory
