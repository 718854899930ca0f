// What an owner reads and promotes, when, how much, and what of it enters the window.
#include <gmock/gmock.h>

#include "cluster/boot_delay.hpp"
#include "cluster/partition_owner.hpp"
#include "tests/cluster/played_partition.hpp"

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using testing::ElementsAre;
using testing::IsEmpty;

struct PartitionReading : played_partition {
  read_request begin_read() { return owner().begin_read(); }
  std::vector<task_row> tasks(task_id first, task_id last) {
    std::vector<task_row> rows;
    for (task_id id = first; id <= last; ++id) rows.push_back(task(id));
    return rows;
  }
  static std::vector<task_id> ids(const std::vector<newer_request>& asked) {
    std::vector<task_id> list;
    for (const newer_request& one : asked) list.push_back(one.id);
    return list;
  }
};

// -- reading -------------------------------------------------------------------

TEST_F(PartitionReading, ReadsAtOnceAfterAnAcquisitionAndThenWhenItIsTimeTo) {
  acquire();
  EXPECT_TRUE(owner().wants_read(false));
  const read_request first = begin_read();
  EXPECT_EQ(first.held.part, played_part);
  EXPECT_EQ(first.held.epoch, 3);
  EXPECT_EQ(first.position.seen, "s0");
  EXPECT_TRUE(first.recover);
  EXPECT_EQ(first.limit, 5);
  EXPECT_FALSE(owner().wants_read(true)) << "one at a time";
  owner().on_read("s1", {});

  EXPECT_FALSE(owner().wants_read(false));
  EXPECT_TRUE(owner().wants_read(true));
  const read_request second = begin_read();
  EXPECT_EQ(second.position.seen, "s1");
  EXPECT_FALSE(second.recover);
}

TEST_F(PartitionReading, ReadsABacklogPageByPage) {
  own();
  read(tasks(1, 5));
  EXPECT_TRUE(owner().backlog());
  EXPECT_TRUE(owner().wants_read(false));
  const read_request next = begin_read();
  EXPECT_EQ(next.position.upto, "s2");
  EXPECT_EQ(next.position.at_xid, 105U);
  EXPECT_EQ(next.position.at_id, 5);
  owner().on_read("s3", tasks(6, 7));
  EXPECT_FALSE(owner().wants_read(false));
  EXPECT_THAT(start_all(), ElementsAre(1, 2, 3, 4, 5, 6, 7));
}

TEST_F(PartitionReading, ReadsNoMoreThanTheWindowHolds) {
  limits = {8, 5, 100};
  own();
  read(tasks(1, 5));
  EXPECT_FALSE(owner().wants_read(true)) << "a backlog waits for room for half a window";
  start();
  end(1);
  write();
  ASSERT_TRUE(owner().wants_read(true));
  EXPECT_EQ(begin_read().limit, 4);
  owner().on_read("s9", tasks(6, 9));
  EXPECT_FALSE(owner().wants_read(true)) << "full";
}

TEST_F(PartitionReading, CountsWhatRunsAndWhatIsNotWrittenYetAsRoomTaken) {
  limits = {2, 5, 100};
  own();
  read({task(1)});
  start();
  end(1);
  read({task(2)});
  EXPECT_FALSE(owner().wants_read(true));
  write();
  EXPECT_TRUE(owner().wants_read(true));
}

TEST_F(PartitionReading, KeepsOnlyTheIdsOfTasksThatCanNeverStart) {
  limits = {6, 5, 4};
  own();
  read({task(1, "k"), task(2, "k"), task(3, "k"), task(4, "k")});
  ASSERT_TRUE(owner().wants_read(true)) << "three of them need next to no room";
  EXPECT_EQ(begin_read().limit, 5);
  owner().on_read("s9", {task(5, "k")});
  EXPECT_FALSE(owner().wants_read(true)) << "as many shadows as it may have";
  EXPECT_EQ(owner().candidate()->data, "5");
  EXPECT_EQ(start(), 5);
  EXPECT_EQ(collect().rows.size(), 4U) << "each of them is ended";
}

TEST_F(PartitionReading, KeepsTheNewestsDataWhicheverCameFirst) {
  own();
  read({task(4, "k"), task(2, "k")});
  EXPECT_EQ(owner().candidate()->id, 4);
  EXPECT_EQ(owner().candidate()->data, "4");
}

TEST_F(PartitionReading, ReadsTheSamePageAgainAfterAFailure) {
  own();
  begin_read();
  owner().on_read_failed();
  EXPECT_EQ(begin_read().position.seen, "s1");
  owner().on_read("s9", {task(2)});
  EXPECT_EQ(start(), 2);
}

TEST_F(PartitionReading, KnowsATaskThatIsInTheWindow) {
  own();
  read({task(2)});
  read({task(2)});
  EXPECT_THAT(start_all(), ElementsAre(2));
}

TEST_F(PartitionReading, IgnoresARowThatWasFinishedWhileTheReadWasUnderWay) {
  own();
  read({task(2)});
  start();
  end(2);
  begin_read();
  write();
  owner().on_read("s9", {task(2), task(3)});
  EXPECT_THAT(start_all(), ElementsAre(3));
  read({task(4)});
  EXPECT_THAT(start_all(), ElementsAre(4));
}

TEST_F(PartitionReading, PutsATaskThatIsNotDueIntoOpen) {
  own();
  task_row later = task(2);
  later.due_in = 700ms;
  task_row overdue = task(3);
  overdue.due_in = -700ms;
  read({later, overdue});
  EXPECT_THAT(start_all(), ElementsAre(3));
  EXPECT_THAT(write(), ElementsAre("2, put w in 700"));
  EXPECT_EQ(owner().next_due(), now.boot + 700ms);
}

TEST_F(PartitionReading, HoldsTheMarkUntilOpenHasWhatIsNotDue) {
  own();
  read({task(1)});
  start();
  end(1);
  write();
  task_row later = task(2);
  later.due_in = 700ms;
  read({later});
  EXPECT_EQ(write_mark(), "s2") << "open has it with this very statement, not before";
  EXPECT_EQ(write_mark(), "s3");
}

TEST_F(PartitionReading, SupersedesATaskThatIsNotDue) {
  own();
  task_row later = task(2, "k");
  later.due_in = 700ms;
  read({later, task(9, "k")});
  EXPECT_EQ(start(), 9);
  EXPECT_THAT(write(), ElementsAre("2, put w in 700"));
  EXPECT_THAT(write(), ElementsAre("2 s1 superseded by 9, remove"));
}

// -- a full page: is there a newer one further on? ---------------------------------

TEST_F(PartitionReading, AsksForNewerOnesOfAFullPageOnly) {
  own();
  EXPECT_THAT(ids(read({task(1, "k")})), IsEmpty());
  EXPECT_FALSE(owner().asks_newer());

  task_row later = task(6, "d");
  later.due_in = 700ms;
  const auto asked = read({task(2, "a"), task(3), task(4, "b"), task(5, "c"), later});
  EXPECT_THAT(ids(asked), ElementsAre(2, 4, 5)) << "no key, or not due: no question";
  EXPECT_EQ(asked[0].part, played_part);
  EXPECT_EQ(asked[0].name, "sync");
  EXPECT_EQ(asked[0].key, "a");
  EXPECT_TRUE(owner().asks_newer());
  EXPECT_FALSE(owner().wants_read(true));
  EXPECT_EQ(start(), 1) << "what was there before goes on";
  EXPECT_EQ(start(), 0) << "the page is not admitted before the answer";
  owner().on_newer({});
  EXPECT_THAT(start_all(), ElementsAre(2, 3, 4, 5));
}

TEST_F(PartitionReading, EndsWhatANewerTaskFurtherOnWillReplace) {
  own();
  task_row ran = task(4, "b");
  ran.runs = 2;
  read({task(1), task(2, "a"), task(3), ran, task(5)});
  owner().on_newer({{2, 20}, {4, 40}});
  EXPECT_THAT(start_all(), ElementsAre(1, 3, 5));
  EXPECT_THAT(write(), ElementsAre("2 s1 superseded by 20", "4 s3 superseded by 40"));
}

TEST_F(PartitionReading, ReadsThePageAgainIfTheQuestionFailed) {
  own();
  read({task(1, "a"), task(2), task(3), task(4), task(5)});
  owner().on_read_failed();
  EXPECT_FALSE(owner().asks_newer());
  EXPECT_EQ(owner().candidate(), nullptr);
  EXPECT_EQ(begin_read().position.seen, "s1");
}

// -- promoting -----------------------------------------------------------------

TEST_F(PartitionReading, PromotesWhenTheEarliestOpenTaskIsDue) {
  own(acquired({}, 300ms));
  EXPECT_EQ(owner().next_due(), now.boot + 300ms);
  EXPECT_FALSE(owner().wants_promote(now.boot + 300ms - 1ns));
  ASSERT_TRUE(owner().wants_promote(now.boot + 300ms));
  const promote_request request = owner().begin_promote();
  EXPECT_EQ(request.held.epoch, 3);
  EXPECT_EQ(request.after_due, 0us);
  EXPECT_EQ(request.after_id, 0);
  EXPECT_EQ(request.limit, 5);
  EXPECT_FALSE(owner().wants_promote(now.boot + 300ms)) << "one at a time";
  EXPECT_FALSE(owner().next_due());
}

TEST_F(PartitionReading, AsksAgainSoonWhatIsDueBecauseTheDatabasesClockMayBeSet) {
  own(acquired({}, 1h));
  const boot_time first = owner().next_due().value();
  EXPECT_LE(first, now.boot + clock_believed);
  now.boot = first;
  promote({}, 1h);
  EXPECT_EQ(owner().next_due(), first + clock_believed) << "the instants of all partitions are the same";
  now.boot += 3s;
  task_row later = task(2);
  later.due_in = 3'600'000ms;
  read({later});
  write();
  EXPECT_EQ(owner().next_due(), first + clock_believed);
}

TEST_F(PartitionReading, CountsWhatIsOverdueAsDueNow) {
  own(acquired({}, -5s));
  EXPECT_EQ(owner().next_due(), now.boot);
}

TEST_F(PartitionReading, PromotesOnwardsFromTheLastRow) {
  own(acquired({}, 0ms));
  promote({due_task(9, 10us), due_task(2, 20us)}, 0ms);
  EXPECT_THAT(start_all(), ElementsAre(9, 2));
  const promote_request request = owner().begin_promote();
  EXPECT_EQ(request.after_due, 20us);
  EXPECT_EQ(request.after_id, 2);
}

TEST_F(PartitionReading, PromotesAgainWhenTheAnswerSaysSo) {
  own(acquired({}, 0ms));
  promote({due_task(9, 10us)}, 400ms);
  EXPECT_EQ(owner().next_due(), now.boot + 400ms);
  now.boot += 400ms;
  promote({}, {});
  EXPECT_FALSE(owner().next_due()) << "nothing is left in open";
}

TEST_F(PartitionReading, KeepsItsPlaceWhenAPromotionFails) {
  own(acquired({}, 0ms));
  promote({due_task(9, 10us)}, 0ms);
  static_cast<void>(owner().begin_promote());
  owner().on_promote_failed();
  ASSERT_TRUE(owner().wants_promote(now.boot));
  EXPECT_EQ(owner().begin_promote().after_id, 9);
}

TEST_F(PartitionReading, PromotesNothingIntoAFullWindow) {
  limits = {2, 5, 100};
  own(acquired({}, 0ms));
  read({task(1)});
  EXPECT_EQ(owner().begin_promote().limit, 1);
  owner().on_promote_failed();
  read({task(2)});
  EXPECT_FALSE(owner().wants_promote(now.boot));
}

TEST_F(PartitionReading, LooksAgainAtWhatIsPutBeforeItsPlace) {
  own(acquired({}, 0ms));
  promote({due_task(9, 1000us)}, {});
  start();
  end(9, retry_in(0ms));
  write(900us);
  ASSERT_TRUE(owner().wants_promote(now.boot)) << "what is put has a due time";
  const promote_request request = owner().begin_promote();
  EXPECT_EQ(request.after_due, 900us);
  EXPECT_EQ(request.after_id, 0);
}

TEST_F(PartitionReading, KeepsItsPlaceWhenWhatIsPutIsDueLater) {
  own(acquired({}, 0ms));
  promote({due_task(9, 1000us)}, 0ms);
  start();
  end(9, retry_in(5s));
  write(5001000us);
  const promote_request request = owner().begin_promote();
  EXPECT_EQ(request.after_due, 1000us);
  EXPECT_EQ(request.after_id, 9);
}

TEST_F(PartitionReading, LooksAgainAtWhatIsPutWhileAPromotionIsUnderWay) {
  own(acquired({}, 0ms));
  read({task(2)});
  start();
  end(2, retry_in(10ms));
  static_cast<void>(owner().begin_promote());
  write(500us);
  owner().on_promoted({due_task(9, 1000us)}, 400ms, now.boot);
  ASSERT_TRUE(owner().next_due());
  EXPECT_LE(*owner().next_due(), now.boot + 10ms) << "the answer does not know of it";
  now.boot += 10ms;
  const promote_request request = owner().begin_promote();
  EXPECT_EQ(request.after_due, 500us);
  EXPECT_EQ(request.after_id, 0);
}

TEST_F(PartitionReading, IgnoresARowThatWasEndedWhileThePromotionWasUnderWay) {
  own(acquired({}, 0ms));
  promote({due_task(2, 10us)}, 0ms);
  start();
  end(2);
  static_cast<void>(owner().begin_promote());
  write();
  owner().on_promoted({due_task(2, 10us)}, {}, now.boot);
  EXPECT_EQ(start(), 0);
}

TEST_F(PartitionReading, IgnoresARowWhoseEndIsOnItsWay) {
  own(acquired({{2, "sync", "k", 1}}, 0ms));
  read({task(9, "k")});
  start();
  promote({due_task(2, 10us, "k", 1)});
  end(9);
  EXPECT_EQ(start(), 0) << "9 superseded it";
  EXPECT_THAT(write(), ElementsAre("2 s2 superseded by 9, remove", "9 d1"));
}

TEST_F(PartitionReading, TellsWhatLeftDuringAReadFromWhatLeftDuringAPromotion) {
  // A snooze of 0: it left memory during the read, and the promotion rightly brings it back.
  own(acquired({}, 0ms));
  promote({due_task(2, 10us)}, {});
  start();
  end(2, retry_in(0ms));
  begin_read();
  write(20us);
  promote({due_task(2, 20us, {}, 1)});
  owner().on_read("s9", {});
  EXPECT_EQ(start(), 2);
}

TEST_F(PartitionReading, LetsTheMarkPassWhatIsInOpen) {
  own(acquired({}, 0ms));
  promote({due_task(2, 10us)}, {});
  read({task(3)});
  start_all();
  end(3);
  write();
  EXPECT_EQ(write_mark(), "s2") << "2 runs, and open shows it";
}

}  // namespace
}  // namespace weir::cluster
