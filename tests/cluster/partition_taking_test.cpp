// Committed tasks that are handed straight into an owner's window: when it takes some, what waits for what
// under a key, and which mark may be written meanwhile.
#include <gmock/gmock.h>

#include "cluster/partition_owner.hpp"
#include "tests/cluster/played_partition.hpp"

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

struct PartitionTaking : played_partition {
  /// An insert that is answered at once, with these rows.
  void take(std::vector<task_row> rows) {
    owner().begin_take(static_cast<int>(rows.size()));
    owner().on_taken(std::move(rows));
  }
  void begin_read() { static_cast<void>(owner().begin_read()); }
  std::vector<newer_request> on_read(std::vector<task_row> rows) {
    return owner().on_read("s" + std::to_string(++snapshots), std::move(rows));
  }
  static std::vector<task_row> tasks(task_id first, task_id last) {
    std::vector<task_row> rows;
    for (task_id id = first; id <= last; ++id) rows.push_back(task(id));
    return rows;
  }
  /// Each with a key of its own.
  static std::vector<task_row> keyed(task_id first, task_id last) {
    std::vector<task_row> rows;
    for (task_id id = first; id <= last; ++id) rows.push_back(task(id, "k" + std::to_string(id)));
    return rows;
  }
  /// It runs, ends well, and that is written.
  void perform(task_id id) {
    ASSERT_EQ(start(), id);
    end(id);
    write();
  }
  /// Handed tasks with keys and half a backlog fill the window; none of them may start before it was read on.
  void fill(std::vector<task_row> page) {
    own();
    begin_read();
    take(keyed(101, 110));
    owner().begin_take(5);
    on_read(std::move(page));
    if (owner().asks_newer()) owner().on_newer({});
    owner().on_taken(keyed(111, 115));
  }
};

// -- what may start --------------------------------------------------------------

TEST_F(PartitionTaking, StartsAHandedTaskWithoutAKeyAtOnce) {
  own();
  owner().begin_take(2);
  EXPECT_EQ(start(), 0) << "not committed yet";
  owner().on_taken({task(7), task(3)});
  EXPECT_THAT(start_all(), ElementsAre(7, 3));
  EXPECT_EQ(owner().running_task(7)->data, "7");
  EXPECT_FALSE(owner().wants_read(false)) << "there is nothing to wait for";
}

TEST_F(PartitionTaking, ReadsAtOnceForAHandedTaskWithAKeyWhichStartsThen) {
  own();
  take({task(5, "k"), task(6)});
  EXPECT_THAT(start_all(), ElementsAre(6));
  EXPECT_EQ(owner().waiting(), 1);
  ASSERT_TRUE(owner().wants_read(false));
  read({});
  EXPECT_THAT(start_all(), ElementsAre(5));
  EXPECT_FALSE(owner().wants_read(false));
}

TEST_F(PartitionTaking, SupersedesTheOlderTaskOfItsKeyThatTheReadShows) {
  own();
  take({task(5, "k")});
  read({task(3, "k")});
  EXPECT_THAT(start_all(), ElementsAre(5));
  EXPECT_THAT(write(), ElementsAre("3 s1 superseded by 5"));
}

TEST_F(PartitionTaking, StartsNoOlderTaskOfAKeyWhoseNewestStillWaitsForARead) {
  own();
  begin_read();
  take({task(5, "k")});
  on_read({task(3, "k"), task(4)});
  EXPECT_THAT(start_all(), ElementsAre(4)) << "5 will supersede it";
  read({});
  EXPECT_THAT(start_all(), ElementsAre(5));
  EXPECT_THAT(write(), ElementsAre("3 s1 superseded by 5"));
}

TEST_F(PartitionTaking, OpensAKeyByNoReadThatBeganBeforeTheTasksWereTaken) {
  own();
  begin_read();
  owner().begin_take(1);
  owner().on_taken({task(5, "k")});
  on_read({});
  EXPECT_EQ(start(), 0) << "begun before the insert";
  read({});
  EXPECT_EQ(start(), 5);

  owner().begin_take(1);
  begin_read();
  owner().on_taken({task(6, "k6")});
  on_read({});
  EXPECT_EQ(start(), 0) << "begun before the answer";
  ASSERT_TRUE(owner().wants_read(false));
  read({});
  EXPECT_EQ(start(), 6);
}

TEST_F(PartitionTaking, OpensAKeyByNoFurtherPageOfASnapshotFromBefore) {
  own();
  begin_read();
  take({task(9, "k")});
  on_read(tasks(1, 5));
  ASSERT_TRUE(owner().backlog());
  read({});
  ASSERT_FALSE(owner().backlog());
  EXPECT_THAT(start_all(), ElementsAre(1, 2, 3, 4, 5));
  ASSERT_TRUE(owner().wants_read(false));
  read({});
  EXPECT_THAT(start_all(), ElementsAre(9));
}

TEST_F(PartitionTaking, OpensAKeyByTheLastPageOfASnapshotOnly) {
  own();
  take({task(9, "k")});
  read(tasks(1, 5));
  EXPECT_THAT(start_all(), ElementsAre(1, 2, 3, 4, 5)) << "an older one of k may be on the next page";
  read({task(6, "k")});
  EXPECT_THAT(start_all(), ElementsAre(9));
  EXPECT_THAT(write(), ElementsAre("6 s1 superseded by 9"));
}

TEST_F(PartitionTaking, OpensAKeyByNoReadThatFailed) {
  own();
  take({task(5, "k")});
  begin_read();
  owner().on_read_failed();
  EXPECT_EQ(start(), 0);
  read({task(3, "k")});
  EXPECT_THAT(start_all(), ElementsAre(5));
  EXPECT_THAT(write(), ElementsAre("3 s1 superseded by 5"));
}

TEST_F(PartitionTaking, KeepsATaskWithAKeyThatWasReadDuringAnInsertUntilTheAnswer) {
  own();
  owner().begin_take(1);
  read({task(9, "k"), task(10)});
  EXPECT_THAT(start_all(), ElementsAre(10)) << "what is being inserted may be older than 9";
  owner().on_taken({task(5, "k")});
  EXPECT_THAT(start_all(), ElementsAre(9));
  EXPECT_THAT(write(), ElementsAre("5 s1 superseded by 9"));
  end(9);
  read({});
  EXPECT_EQ(start(), 0) << "what a read opens by then is gone";
}

TEST_F(PartitionTaking, FreesWhatWasReadDuringAnInsertThatFailed) {
  own();
  owner().begin_take(1);
  read({task(9, "k")});
  EXPECT_EQ(start(), 0);
  owner().on_take_failed();
  EXPECT_EQ(start(), 9);
}

TEST_F(PartitionTaking, ParksNothingThatWaitsForARead) {
  own();
  begin_read();
  take({task(5, "k")});
  on_read({task(9, "k")});
  ASSERT_EQ(owner().candidate()->id, 9);
  owner().park(9, 1s);
  EXPECT_THAT(write(), ElementsAre("9, put w in 1000"));
  EXPECT_EQ(owner().candidate(), nullptr);
  read({});
  ASSERT_NE(owner().candidate(), nullptr);
  EXPECT_EQ(owner().candidate()->data, "5");
  EXPECT_THAT(start_all(), ElementsAre(5));
}

TEST_F(PartitionTaking, GivesAKeyThatKeepsComingItsTurn) {
  own();
  take({task(5, "k")});
  begin_read();
  take({task(7, "k")});
  on_read({task(3, "k")});
  EXPECT_THAT(start_all(), ElementsAre(5)) << "its read has come, though that of 7 has not";
  EXPECT_EQ(owner().running_task(5)->data, "5");
  EXPECT_THAT(write(), ElementsAre("3 s1 superseded by 5"));
}

TEST_F(PartitionTaking, KeepsTheDataOfTheNewestOpenTaskOnlyOnceANewerOneIsOpen) {
  own();
  take({task(5, "k")});
  begin_read();
  take({task(7, "k")});
  on_read({});
  read({});
  EXPECT_THAT(start_all(), ElementsAre(7));
  EXPECT_THAT(write(), ElementsAre("5 s1 superseded by 7"));
}

// -- the mark --------------------------------------------------------------------

TEST_F(PartitionTaking, LetsNoMarkPassAnInsertUnderWay) {
  own();
  begin_read();
  owner().begin_take(2);
  on_read({});
  read({task(1)});
  perform(1);
  EXPECT_EQ(write_mark(), "s1") << "both later ones were recorded during the insert";
  owner().on_take_failed();
  EXPECT_TRUE(owner().mark_is_due());
  EXPECT_EQ(write_mark(), "s3") << "nothing was inserted";
}

TEST_F(PartitionTaking, LetsTheMarkGoOnWhenNothingOfAnInsertFellHere) {
  own();
  owner().begin_take(2);
  read({});
  owner().on_taken({});
  EXPECT_EQ(write_mark(), "s2");
}

TEST_F(PartitionTaking, LetsTheMarkGoOnWhenAllOfABatchAreSettled) {
  own();
  take({task(7), task(8), task(9)});
  read({});
  perform(7);
  EXPECT_EQ(write_mark(), "s1");
  ASSERT_EQ(start(), 8);
  end(8);
  EXPECT_EQ(write_mark(), "s1") << "8 is written with this very statement, and 9 is not settled";
  owner().park(9, 1s);
  write();
  EXPECT_EQ(write_mark(), "s2") << "open has the last of them";
}

TEST_F(PartitionTaking, CountsASupersededTaskOfABatchAsSettled) {
  own();
  take({task(7, "k"), task(8, "k")});
  read({});
  EXPECT_EQ(start(), 8);
  write();
  EXPECT_EQ(write_mark(), "s1") << "8 runs";
  end(8);
  write();
  EXPECT_EQ(write_mark(), "s2");
}

TEST_F(PartitionTaking, TellsABatchFromTheNextOne) {
  own();
  take({task(7)});
  read({});
  take({task(8), task(9)});
  read({});
  EXPECT_THAT(start_all(), ElementsAre(7, 8, 9));
  end(8);
  end(9);
  write();
  EXPECT_EQ(write_mark(), "s1") << "7 stands before both";
  end(7);
  write();
  EXPECT_EQ(write_mark(), "s3");
}

// -- whether it takes any ----------------------------------------------------------

TEST_F(PartitionTaking, TakesNothingBeforeItHasRecovered) {
  acquire();
  EXPECT_FALSE(owner().can_take(1)) << "what it would take is newer than what the former owner left";
  begin_read();
  EXPECT_FALSE(owner().can_take(1));
  on_read({});
  EXPECT_TRUE(owner().can_take(1));
}

TEST_F(PartitionTaking, TakesNothingWithABacklog) {
  own();
  read(tasks(1, 5));
  for (task_id id = 1; id <= 5; ++id) perform(id);
  EXPECT_FALSE(owner().can_take(1));
  read({});
  EXPECT_TRUE(owner().can_take(1));
}

TEST_F(PartitionTaking, TakesNothingDuringAnInsert) {
  own();
  owner().begin_take(1);
  EXPECT_TRUE(owner().taking());
  EXPECT_FALSE(owner().can_take(1));
  owner().on_taken({task(7)});
  EXPECT_FALSE(owner().taking());
  EXPECT_TRUE(owner().can_take(1));
}

TEST_F(PartitionTaking, TakesWhatLeavesRoomForAPage) {
  own();
  EXPECT_FALSE(owner().can_take(0));
  EXPECT_TRUE(owner().can_take(15));
  EXPECT_FALSE(owner().can_take(16));
  read({task(1)});
  EXPECT_TRUE(owner().can_take(14));
  EXPECT_FALSE(owner().can_take(15));
}

TEST_F(PartitionTaking, KeepsTheRoomOfWhatIsBeingInserted) {
  own();
  read({task(1), task(2)});
  owner().begin_take(13);
  read({task(3)});
  ASSERT_TRUE(owner().wants_read(true));
  EXPECT_EQ(owner().begin_read().limit, 4);
  on_read({});
  owner().on_taken({});
  ASSERT_TRUE(owner().wants_read(true));
  EXPECT_EQ(owner().begin_read().limit, 5);
}

TEST_F(PartitionTaking, IsNotQuietDuringAnInsert) {
  own();
  EXPECT_TRUE(owner().quiet());
  owner().begin_take(1);
  EXPECT_FALSE(owner().quiet());
  owner().on_taken({task(7)});
  EXPECT_TRUE(owner().quiet()) << "its next owner finds 7";
}

// -- a new epoch -------------------------------------------------------------------

TEST_F(PartitionTaking, IsStuckWhenTheReadThatItWaitsForHasNoRoom) {
  fill(keyed(1, 5));
  ASSERT_EQ(owner().waiting(), 20);
  EXPECT_FALSE(owner().wants_read(true));
  EXPECT_EQ(start(), 0);
  EXPECT_TRUE(owner().stuck());
}

TEST_F(PartitionTaking, IsNotStuckWhileSomethingMayStillMakeRoom) {
  std::vector<task_row> page = keyed(1, 5);
  page[2].key.reset();
  fill(page);
  EXPECT_FALSE(owner().stuck()) << "one may start";
  ASSERT_EQ(start(), 3);
  EXPECT_FALSE(owner().stuck()) << "one runs";
  end(3);
  EXPECT_FALSE(owner().stuck()) << "its end is not written";
  write();
  EXPECT_TRUE(owner().stuck()) << "a page of the backlog needs more room than that";
}

TEST_F(PartitionTaking, IsNotStuckWithNothingToDo) {
  own();
  EXPECT_FALSE(owner().stuck());
  take({task(5, "k")});
  EXPECT_FALSE(owner().stuck()) << "there is room for the read";
}

TEST_F(PartitionTaking, ReadsEverythingAgainUnderANewEpoch) {
  fill(keyed(1, 5));
  ownership next = acquired();
  next.held.epoch = 4;
  owner().renewed(next, now.boot);
  EXPECT_FALSE(owner().stuck());
  EXPECT_EQ(owner().waiting(), 0);
  read(keyed(101, 102));
  EXPECT_THAT(start_all(), ElementsAre(101, 102)) << "what they waited for is over";
  end(101);
  end(102);
  write();
  EXPECT_EQ(write_mark(), "s3") << "the batches of before hold nothing up";
}

TEST_F(PartitionTaking, ForgetsAnInsertUnderWayWithItsEpoch) {
  own();
  owner().begin_take(15);
  ownership next = acquired();
  next.held.epoch = 4;
  owner().renewed(next, now.boot);
  EXPECT_FALSE(owner().taking());
  EXPECT_TRUE(owner().quiet());
  read({task(9, "k")});
  EXPECT_EQ(start(), 9) << "nothing is under way any more";
  EXPECT_TRUE(owner().can_take(14));
  end(9);
  write();
  EXPECT_EQ(write_mark(), "s2");
}

}  // namespace
}  // namespace weir::cluster
