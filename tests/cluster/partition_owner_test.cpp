// What an owner starts, supersedes and writes. Reading and promoting are in partition_reading_test.cpp.
#include "cluster/partition_owner.hpp"

#include <algorithm>

#include <gmock/gmock.h>

#include "tests/cluster/played_partition.hpp"

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using domain::run_result;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using PartitionOwner = played_partition;

// -- starting ------------------------------------------------------------------

TEST_F(PartitionOwner, StartsTasksWithoutAKeyInTheOrderOfReading) {
  own();
  read({task(7), task(3), task(9)});
  EXPECT_THAT(start_all(), ElementsAre(7, 3, 9));
  EXPECT_EQ(owner().running(), 3);
  EXPECT_EQ(owner().running_task(3)->data, "3");
  EXPECT_EQ(owner().running_task(4), nullptr);
}

TEST_F(PartitionOwner, StartsTheNewestOfAKeyInThePlaceOfItsOldest) {
  own();
  read({task(1), task(2, "k"), task(3), task(4, "k")});
  EXPECT_THAT(start_all(), ElementsAre(1, 4, 3)) << "else a key that keeps coming would never run";
}

TEST_F(PartitionOwner, StartsOneTaskOfAKeyAtATime) {
  own();
  read({task(2, "k")});
  EXPECT_EQ(start(), 2);
  read({task(4, "k"), task(5)});
  EXPECT_THAT(start_all(), ElementsAre(5)) << "2 runs";
  end(2);
  EXPECT_EQ(start(), 4);
}

TEST_F(PartitionOwner, SupersedesOlderOnesBeforeTheNewerOnesResult) {
  own();
  read({task(2, "k"), task(3, "k"), task(9, "k")});
  EXPECT_EQ(start(), 9);
  end(9);
  EXPECT_THAT(write(), ElementsAre("2 s1 superseded by 9", "3 s1 superseded by 9", "9 d1"));
}

TEST_F(PartitionOwner, PerformsAnOlderTaskThatAppearsAfterTheStart) {
  own();
  read({task(9, "k")});
  start();
  read({task(4, "k")});
  end(9);
  EXPECT_EQ(start(), 4);
  end(4);
  EXPECT_THAT(write(), ElementsAre("9 d1", "4 d1"));
}

TEST_F(PartitionOwner, SupersedesWhatTheAcquisitionFoundInOpen) {
  own(acquired({{2, "sync", "k", 4}, {3, "sync", "other", 0}}));
  read({task(9, "k")});
  start();
  EXPECT_THAT(write(), ElementsAre("2 s5 superseded by 9, remove"));
}

TEST_F(PartitionOwner, NeverLetsARetryComeBackOverANewerTask) {
  own();
  read({task(2, "k")});
  start();
  end(2, retry_in(10s));
  EXPECT_THAT(write(), ElementsAre("2 r1, put r in 10000"));
  read({task(9, "k")});
  EXPECT_EQ(start(), 9);
  EXPECT_THAT(write(), ElementsAre("2 s2 superseded by 9, remove"));
}

TEST_F(PartitionOwner, SupersedesARetryThatIsStillOnItsWayToOpen) {
  own();
  read({task(2, "k")});
  start();
  read({task(9, "k")});
  end(2, retry_in(0ms));
  EXPECT_EQ(start(), 9);
  EXPECT_THAT(write(), ElementsAre("2 r1, put r in 0")) << "never two rows of a task in one statement";
  EXPECT_THAT(write(), ElementsAre("2 s2 superseded by 9, remove"));
}

// -- ending --------------------------------------------------------------------

TEST_F(PartitionOwner, WritesWhatARunUsedUp) {
  own();
  task_row row = task(2);
  row.attempts = 1;
  row.crashes = 1;
  row.runs = 3;
  read({row});
  start();
  settlement crashed;
  crashed.result = run_result::crash;
  crashed.message = "crashed";
  crashed.started_at = now.wall;
  crashed.took = 5ms;
  crashed.again_in = 2s;
  crashed.counts_crash = true;
  end(2, crashed);
  const finish_request request = collect();
  ASSERT_EQ(request.rows.size(), 1U);
  const finish_row& written = request.rows[0];
  EXPECT_EQ(text_of(written), "2 x4 crashed, put r in 2000");
  EXPECT_EQ(written.part, played_part);
  EXPECT_EQ(written.name, "sync");
  EXPECT_EQ(written.attempts, 1);
  EXPECT_EQ(written.crashes, 2);
  EXPECT_EQ(written.runs, 4);
  EXPECT_EQ(written.started_at, now.wall);
  EXPECT_EQ(written.took, 5ms);
}

TEST_F(PartitionOwner, RemovesTheOpenRowOfATaskThatCameFromThere) {
  own(acquired({}, 0ms));
  promote({due_task(2, 10us, {}, 1)});
  start();
  end(2);
  EXPECT_THAT(write(), ElementsAre("2 d2, remove"));
}

TEST_F(PartitionOwner, ShowsARunThatTakesLongOnce) {
  own();
  read({task(2), task(3)});
  start();
  now.boot += 500ms;
  start();
  owner().show_running(501ms, now.boot);
  EXPECT_THAT(write(), IsEmpty());
  owner().show_running(500ms, now.boot);
  owner().show_running(500ms, now.boot);
  EXPECT_THAT(write(), ElementsAre("2, put i in -500")) << "since its start; 3 began later";
  end(2);
  end(3);
  EXPECT_THAT(write(), ElementsAre("2 d1, remove", "3 d1"));
}

TEST_F(PartitionOwner, TellsWhenARunIsToBeShown) {
  own();
  EXPECT_EQ(owner().next_to_show(1s), std::nullopt);
  read({task(2), task(3)});
  const boot_time begun = now.boot;
  start();
  now.boot += 400ms;
  start();
  EXPECT_EQ(owner().next_to_show(1s), begun + 1s);
  now.boot = begun + 1s;
  owner().show_running(1s, now.boot);
  EXPECT_EQ(owner().next_to_show(1s), begun + 1400ms) << "the other one";
  now.boot = begun + 1400ms;
  owner().show_running(1s, now.boot);
  EXPECT_EQ(owner().next_to_show(1s), std::nullopt) << "both are shown";
}

TEST_F(PartitionOwner, LetsTheMarkPassARunThatIsShown) {
  own();
  read({task(2), task(3)});
  start_all();
  end(3);
  write();
  EXPECT_EQ(write_mark(), "s1") << "s2 brought a task that is in memory only";
  owner().show_running(0ms, now.boot);
  write();
  EXPECT_EQ(write_mark(), "s2");
}

TEST_F(PartitionOwner, PutsATaskAsideWithWhatWaitsBehindIt) {
  own();
  read({task(2, "k"), task(4, "k"), task(5)});
  ASSERT_EQ(owner().candidate()->id, 4);
  owner().park(4, 1s);
  EXPECT_THAT(start_all(), ElementsAre(5));
  EXPECT_THAT(write(), ElementsAre("2, put w in 1000", "4, put w in 1000"));
  EXPECT_EQ(owner().next_due(), now.boot + 1s);

  read({task(9, "k")});
  EXPECT_EQ(start(), 9);
  EXPECT_THAT(write(), ElementsAre("2 s1 superseded by 9, remove", "4 s1 superseded by 9, remove"));
}

TEST_F(PartitionOwner, CancelsWithoutARunAndSupersedesAsAStartDoes) {
  own();
  read({task(2, "k"), task(4, "k")});
  owner().cancel(owner().candidate()->id, "no action", now);
  EXPECT_EQ(owner().running(), 0);
  EXPECT_THAT(write(), ElementsAre("2 s1 superseded by 4", "4 c1 no action"));
}

TEST_F(PartitionOwner, CountsAsStartedWhatRunsOrIsNotYetWritten) {
  own();
  read({task(2), task(3), task(4)});
  start();
  start();
  end(2);
  std::vector<task_id> started;
  owner().add_started(started);
  EXPECT_THAT(started, UnorderedElementsAre(2, 3)) << "4 waits";
  write();
  started.clear();
  owner().add_started(started);
  EXPECT_THAT(started, ElementsAre(3));
}

// -- writing -------------------------------------------------------------------

TEST_F(PartitionOwner, HasNothingToWriteWhileAStatementIsUnderWay) {
  own();
  read({task(2), task(3)});
  EXPECT_FALSE(owner().has_rows());
  start_all();
  end(2);
  EXPECT_TRUE(owner().has_rows());
  collect();
  end(3);
  EXPECT_FALSE(owner().has_rows());
  owner().on_committed({}, now.boot);
  EXPECT_TRUE(owner().has_rows());
}

TEST_F(PartitionOwner, WritesTheSameAgainAfterAStatementThatDidNothing) {
  own();
  read({task(2), task(3)});
  start_all();
  end(2);
  end(3);
  collect();
  owner().on_not_committed();
  const auto again = collect();
  EXPECT_THAT(text_of(again.rows), ElementsAre("2 d1", "3 d1"));
  ASSERT_EQ(again.marks.size(), 1U);
  EXPECT_EQ(again.marks[0].done, 2) << "counted once";
}

TEST_F(PartitionOwner, FencesEachStatementThatMentionsIt) {
  own();
  read({task(2)});
  start();
  end(2);
  const auto request = collect();
  ASSERT_EQ(request.held.size(), 1U);
  EXPECT_EQ(request.held[0].part, played_part);
  EXPECT_EQ(request.held[0].epoch, 3);
  owner().on_committed({}, now.boot);
  EXPECT_THAT(collect().held, IsEmpty()) << "nothing to write";
}

TEST_F(PartitionOwner, CountsEndsIntoTheTotalsOfTheirStatement) {
  own();
  std::vector<task_row> rows;
  const std::vector<run_result> results = {run_result::success, run_result::success, run_result::failure,
                                           run_result::cancel};
  for (task_id id = 1; id <= 4; ++id) rows.push_back(task(id));
  read(rows);
  start_all();
  for (task_id id = 1; id <= 4; ++id) {
    settlement how;
    how.result = results[static_cast<std::size_t>(id - 1)];
    end(id, how);
  }
  read({task(5), task(6, "k"), task(8, "k")});
  start_all();
  end(5, retry_in(1s));
  const auto request = collect();
  ASSERT_EQ(request.marks.size(), 1U);
  EXPECT_EQ(request.marks[0].part, played_part);
  EXPECT_EQ(request.marks[0].done, 2);
  EXPECT_EQ(request.marks[0].failed, 1);
  EXPECT_EQ(request.marks[0].cancelled, 2) << "the superseded one included, the retry not";
  EXPECT_EQ(request.marks[0].position.seen, "s0") << "not time for the mark: as last written";
}

TEST_F(PartitionOwner, MovesTheMarkBehindWhatIsCommittedAndNoFurther) {
  own();
  EXPECT_FALSE(owner().mark_is_due()) << "an empty poll is not worth a write";
  read({task(2), task(3)});
  start_all();
  end(3);
  write();
  EXPECT_TRUE(owner().mark_is_due());
  EXPECT_EQ(write_mark(), "s1") << "2 runs";
  end(2);
  EXPECT_EQ(write_mark(), "s1") << "its row goes with this statement, so the mark must wait for the next";
  EXPECT_EQ(write_mark(), "s2");
  EXPECT_FALSE(owner().mark_is_due());
}

TEST_F(PartitionOwner, MovesTheMarkBehindSupersededTasks) {
  own();
  read({task(2, "k"), task(9, "k")});
  start();
  end(9);
  write();
  EXPECT_EQ(write_mark(), "s2");
}

TEST_F(PartitionOwner, RemembersAMarkThatWasNotCommitted) {
  own();
  read({task(2)});
  start_all();
  end(2);
  write();
  ASSERT_EQ(collect(true).marks.at(0).position.seen, "s2");
  owner().on_not_committed();
  EXPECT_TRUE(owner().mark_is_due());
  EXPECT_EQ(write_mark(), "s2");
}

// -- a new epoch after a write in doubt ------------------------------------------

struct RenewedPartition : played_partition {
  void renew(std::vector<open_task> keyed = {}, std::optional<std::chrono::milliseconds> next_due = {}) {
    ownership again = acquired(std::move(keyed), next_due);
    again.held.epoch = 4;
    again.mark.seen = "s0";
    owner().renewed(std::move(again), now.boot);
    EXPECT_EQ(owner().held().epoch, 4);
  }
  /// One run whose statement's fate is not known.
  void doubt(task_id id, settlement how = {}, std::optional<std::string> key = {}) {
    own();
    read({task(id, std::move(key))});
    start_all();
    end(id, how);
    collect();
  }
};

TEST_F(RenewedPartition, ReadsAgainFromTheDurableMarkAsAfterATakeOver) {
  own();
  read({task(2)});
  renew();
  EXPECT_EQ(owner().candidate(), nullptr) << "what waited is read again";
  EXPECT_TRUE(owner().wants_read(false));
  const read_request request = owner().begin_read();
  EXPECT_TRUE(request.recover);
  EXPECT_EQ(request.held.epoch, 4);
  EXPECT_EQ(request.position.seen, "s0");
}

TEST_F(RenewedPartition, LetsRunsGoOn) {
  own();
  read({task(2, "k")});
  start();
  renew();
  EXPECT_EQ(owner().running(), 1);
  ASSERT_NE(owner().running_task(2), nullptr);
  read({task(2, "k"), task(9, "k")});
  EXPECT_EQ(start(), 0) << "2 is known to run, and nothing else of its key may";
  end(2);
  EXPECT_EQ(start(), 9);
  end(9);
  EXPECT_THAT(write(), ElementsAre("2 d1, remove", "9 d1"));
}

TEST_F(RenewedPartition, HoldsTheMarkForARunThatGoesOn) {
  own();
  read({task(2)});
  start();
  renew();
  read({task(2), task(3)});
  EXPECT_EQ(start(), 3);
  end(3);
  write();
  EXPECT_EQ(write_mark(), "");
  end(2);
  write();
  EXPECT_EQ(write_mark(), "s3");
}

TEST_F(RenewedPartition, WritesAResultAfterAllIfItsTaskTurnsUpUnfinished) {
  doubt(2);
  renew();
  read({task(2)});
  EXPECT_EQ(start(), 0) << "it has run";
  EXPECT_THAT(write(), ElementsAre("2 d1"));
  EXPECT_EQ(write_mark(), "s3");
}

TEST_F(RenewedPartition, CountsAResultInDoubtAsStarted) {
  doubt(2);
  renew();
  std::vector<task_id> started;
  owner().add_started(started);
  EXPECT_THAT(started, ElementsAre(2));
}

TEST_F(RenewedPartition, WritesNothingAgainOfATaskThatDoesNotTurnUp) {
  doubt(2);
  renew();
  read({});
  EXPECT_THAT(write(), IsEmpty()) << "the statement in doubt has committed";
}

TEST_F(RenewedPartition, TakesARetryAsWrittenIfOpenShowsItsRun) {
  doubt(2, retry_in(0ms));
  renew({}, 0ms);
  read({});
  promote({due_task(2, 10us, {}, 1)});
  EXPECT_EQ(start(), 2) << "the attempt counts; it runs again";
  EXPECT_EQ(owner().running_task(2)->attempts, 1);
}

TEST_F(RenewedPartition, WritesARetryAgainIfOpenShowsOnlyTheRunBefore) {
  own(acquired({}, 0ms));
  promote({due_task(2, 10us, {}, 1)});
  start();
  end(2, retry_in(5s));
  collect();
  renew({}, 0ms);
  read({});
  promote({due_task(2, 10us, {}, 1)});
  EXPECT_EQ(start(), 0);
  EXPECT_THAT(write(), ElementsAre("2 r2, put r in 5000"));
}

TEST_F(RenewedPartition, NumbersARepeatedResultAfterWhatIsStored) {
  // The result waited behind a row of a former run of the task, which may be lost as well.
  own(acquired({}, 0ms));
  promote({due_task(2, 10us, {}, 4)});
  start();
  end(2);
  ASSERT_THAT(text_of(collect().rows), ElementsAre("2 d5, remove"));
  renew({}, 0ms);
  read({});
  promote({due_task(2, 10us, {}, 3)});
  EXPECT_THAT(write(), ElementsAre("2 d4, remove"));
}

TEST_F(RenewedPartition, EndsAtOnceWhatIsStillInOpenAlthoughItWasSuperseded) {
  own(acquired({{2, "sync", "k", 4}}));
  read({task(9, "k")});
  start();
  collect();  // "2 s5 superseded by 9", of unknown fate
  renew({{2, "sync", "k", 4}}, 0ms);
  EXPECT_THAT(write(), ElementsAre("2 s5 superseded by 9, remove"));
}

TEST_F(RenewedPartition, SupersedesWhatItFindsInOpen) {
  own();
  renew({{2, "sync", "k", 4}});
  read({task(9, "k")});
  start();
  EXPECT_THAT(write(), ElementsAre("2 s5 superseded by 9, remove"));
}

TEST_F(RenewedPartition, ForgetsAReadThatWasUnderWay) {
  own();
  static_cast<void>(owner().begin_read());
  renew();
  EXPECT_TRUE(owner().wants_read(false)) << "its answer belongs to the old epoch";
}

using PartitionOwnerDeathTest = played_partition;

TEST_F(PartitionOwnerDeathTest, RefusesToStartWhatDoesNotWaitOrEndWhatDoesNotRun) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  own();
  read({task(2, "k"), task(4, "k")});
  EXPECT_DEATH(owner().start(2, now), "shadow");
  EXPECT_DEATH(owner().on_settled(4, {}), "phase::running");
  start();
  EXPECT_DEATH(owner().start(4, now), "phase::waiting");
}

}  // namespace
}  // namespace weir::cluster
