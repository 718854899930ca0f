// What a partition still has to write keeps its order, whatever happens to the statements.
#include "cluster/finish_queue.hpp"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::cluster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct FinishQueue : testing::Test {
  finish_queue queue;

  /// Rows of these tasks; numbered through, so that two rows of one task can be told apart.
  void push(std::initializer_list<task_id> ids) {
    for (const task_id id : ids) {
      pending_row pending;
      pending.row.id = id;
      pending.row.number = ++pushed_;
      pending.settles = static_cast<sequence>(pushed_);
      queue.push(pending);
    }
  }
  std::vector<int> collect(int room = 100) {
    std::vector<finish_row> rows;
    const int taken = queue.collect(rows, room);
    EXPECT_EQ(taken, static_cast<int>(rows.size()));
    return numbers(rows);
  }
  static std::vector<int> numbers(const std::vector<finish_row>& rows) {
    std::vector<int> list;
    for (const finish_row& row : rows) list.push_back(row.number);
    return list;
  }
  static std::vector<int> numbers(const std::vector<pending_row>& rows) {
    std::vector<int> list;
    for (const pending_row& row : rows) list.push_back(row.row.number);
    return list;
  }

 private:
  int pushed_ = 0;
};

TEST_F(FinishQueue, HandsRowsOutInTheOrderTheyCame) {
  push({7, 3, 9, 1});
  EXPECT_THAT(collect(), ElementsAre(1, 2, 3, 4));
}

TEST_F(FinishQueue, TakesNoMoreThanThereIsRoomFor) {
  push({7, 3, 9});
  EXPECT_THAT(collect(0), IsEmpty());
  EXPECT_FALSE(queue.in_flight());
  EXPECT_THAT(collect(2), ElementsAre(1, 2));
  queue.committed();
  EXPECT_THAT(collect(2), ElementsAre(3));
}

TEST_F(FinishQueue, AddsToWhatOtherPartitionsHaveToWrite) {
  push({7});
  std::vector<finish_row> rows(2);
  EXPECT_EQ(queue.collect(rows, 100), 1);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[2].id, 7);
}

TEST_F(FinishQueue, NeverPutsTwoRowsOfATaskIntoOneStatement) {
  push({7, 3, 7, 9});
  EXPECT_THAT(collect(), ElementsAre(1, 2)) << "9 must not overtake the second row of 7";
  queue.committed();
  EXPECT_THAT(collect(), ElementsAre(3, 4));
}

TEST_F(FinishQueue, HoldsATaskUntilItsLastRowHasCommitted) {
  push({7, 3, 7});
  EXPECT_TRUE(queue.holds(7));
  EXPECT_FALSE(queue.holds(8));
  collect();
  EXPECT_TRUE(queue.holds(3)) << "in flight is not committed";
  queue.committed();
  EXPECT_FALSE(queue.holds(3));
  EXPECT_TRUE(queue.holds(7)) << "its second row waits";
  collect();
  queue.committed();
  EXPECT_FALSE(queue.holds(7));
}

TEST_F(FinishQueue, HandsOverWhatCommittedAndNothingElse) {
  push({7, 3, 9});
  collect(2);
  const auto rows = queue.committed();
  EXPECT_THAT(numbers(rows), ElementsAre(1, 2));
  EXPECT_EQ(rows[1].settles, 2U) << "with what its commit settles";
  EXPECT_THAT(queue.committed(), IsEmpty()) << "once";
}

TEST_F(FinishQueue, WritesTheSameRowsFirstAfterAStatementThatDidNothing) {
  push({7, 3, 9});
  collect(2);
  push({5});
  queue.put_back();
  EXPECT_FALSE(queue.in_flight());
  EXPECT_TRUE(queue.holds(7));
  EXPECT_THAT(collect(), ElementsAre(1, 2, 3, 4));
}

TEST_F(FinishQueue, SurrendersEverythingInOrderWhenAStatementIsInDoubt) {
  push({7, 3, 7, 9});
  collect();
  EXPECT_THAT(numbers(queue.surrender()), ElementsAre(1, 2, 3, 4));
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.in_flight());
  EXPECT_FALSE(queue.holds(7));
  push({7});
  EXPECT_THAT(collect(), ElementsAre(5));
  queue.committed();
  EXPECT_FALSE(queue.holds(7)) << "rows surrendered before do not count";
}

TEST_F(FinishQueue, IsEmptyOnlyOnceNothingWaitsAndNothingIsInFlight) {
  EXPECT_TRUE(queue.empty());
  push({7});
  EXPECT_FALSE(queue.empty());
  EXPECT_FALSE(queue.in_flight());
  collect();
  EXPECT_FALSE(queue.empty());
  EXPECT_TRUE(queue.in_flight());
  queue.committed();
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.in_flight());
}

}  // namespace
}  // namespace weir::cluster
