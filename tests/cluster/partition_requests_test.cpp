// What an owner does with what people ask: of tasks that wait, run, lie in open, or have not been read.
#include <gmock/gmock.h>

#include "tests/cluster/played_partition.hpp"

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using kind = task_request::what;

struct PartitionRequests : played_partition {
  static task_request asks(kind what, task_id id, std::int64_t number = 1) {
    task_request asked;
    asked.id = number;
    asked.part = played_part;
    asked.task = id;
    asked.kind = what;
    asked.asked_by = "ann";
    asked.name = "sync";
    if (what == kind::snooze) asked.due_in = 90s;
    return asked;
  }
  static task_request keyed(task_request asked, std::string key) {
    asked.key = std::move(key);
    return asked;
  }
  /// As the store tells of a task in `open` that ran twice.
  static task_request opened(task_request asked) {
    asked.open = true;
    asked.attempts = asked.runs = 2;
    return asked;
  }
  std::vector<task_id> ask(std::vector<task_request> asked) {
    owner().begin_asking();
    return owner().on_requests(std::move(asked), now.wall);
  }
  /// The requests that the next statement answers, after its commit.
  std::vector<std::int64_t> answered() {
    std::vector<std::int64_t> list;
    const finish_request request = collect();
    owner().on_committed({}, now.boot);
    for (const finish_row& row : request.rows) list.push_back(row.request);
    return list;
  }
};

// -- waiting -----------------------------------------------------------------

TEST_F(PartitionRequests, CancelATaskThatWaits) {
  own();
  read({task(1), task(2)});
  EXPECT_THAT(ask({asks(kind::cancel, 1, 7)}), IsEmpty());
  EXPECT_THAT(start_all(), ElementsAre(2));
  const finish_request request = collect();
  EXPECT_THAT(text_of(request.rows), ElementsAre("1 c1 cancelled by ann"));
  EXPECT_EQ(request.rows.at(0).request, 7);
  EXPECT_EQ(request.marks.at(0).cancelled, 1);
}

TEST_F(PartitionRequests, SnoozeATaskThatWaits) {
  own();
  read({task(1)});
  ask({asks(kind::snooze, 1)});
  EXPECT_EQ(start(), 0);
  EXPECT_THAT(write(90s), ElementsAre("1, put w in 90000"));
  EXPECT_FALSE(owner().wants_promote(now.boot));
  EXPECT_TRUE(owner().wants_promote(now.boot + 90s));
}

TEST_F(PartitionRequests, OnlyAnswerARetryOfWhatIsDue) {
  own();
  read({task(1)});
  ask({asks(kind::retry, 1, 4)});
  EXPECT_EQ(start(), 1);
  EXPECT_THAT(answered(), ElementsAre(4));
}

TEST_F(PartitionRequests, LetTheOlderTaskOfAKeyStartWhereItsNewerOneIsCancelledBeforeItRan) {
  own();
  read({task(1, "k")});
  read({task(2, "k")});
  ask({keyed(asks(kind::cancel, 2), "k")});
  EXPECT_EQ(start(), 0) << "of 1 only the id was kept";
  write();
  EXPECT_TRUE(owner().stuck()) << "a new epoch reads it again";
}

TEST_F(PartitionRequests, CancelTheOlderTaskOfAKeyAndTheNewerStartsAlone) {
  own();
  read({task(1, "k")});
  read({task(2, "k")});
  ask({keyed(asks(kind::cancel, 1), "k")});
  EXPECT_EQ(start(), 2);
  EXPECT_THAT(write(), ElementsAre("1 c1 cancelled by ann"));
}

TEST_F(PartitionRequests, ASnoozedTaskIsStillSupersededByANewerOfItsKey) {
  own();
  read({task(1, "k")});
  ask({keyed(asks(kind::snooze, 1), "k")});
  write(90s);
  read({task(2, "k")});
  EXPECT_EQ(start(), 2);
  EXPECT_THAT(write(), ElementsAre("1 s1 superseded by 2, remove"));
}

TEST_F(PartitionRequests, LeaveAHandedTaskWhereItIsUntilItIsKnownWhatCameBeforeIt) {
  own();
  owner().begin_take(1);
  owner().on_taken({task(5, "k")});
  ask({keyed(asks(kind::snooze, 5), "k")});
  EXPECT_FALSE(owner().has_rows()) << "an older one of its key may be visible and unread";
  read({task(3, "k")});
  ask({keyed(asks(kind::snooze, 5), "k")});
  EXPECT_THAT(write(90s), ElementsAre("5, put w in 90000"));
}

// -- running -----------------------------------------------------------------

TEST_F(PartitionRequests, EndARunningTaskWhoseRetryBecomesItsEnd) {
  own();
  read({task(1)});
  start();
  EXPECT_THAT(ask({asks(kind::cancel, 1, 9)}), ElementsAre(1));
  EXPECT_THAT(ask({asks(kind::cancel, 1, 9)}), IsEmpty()) << "asked once";
  end(1, retry_in(5s));
  const finish_request request = collect();
  EXPECT_THAT(text_of(request.rows), ElementsAre("1 c1 cancelled by ann while it ran"));
  EXPECT_EQ(request.rows.at(0).request, 9);
}

TEST_F(PartitionRequests, KeepTheEndOfARunThatWasFasterThanItsCancel) {
  own();
  read({task(1)});
  start();
  ask({asks(kind::cancel, 1, 9)});
  end(1);
  const finish_request request = collect();
  EXPECT_THAT(text_of(request.rows), ElementsAre("1 d1"));
  EXPECT_EQ(request.rows.at(0).request, 9) << "it is answered all the same";
}

TEST_F(PartitionRequests, OfARunningTaskARetryOrSnoozeChangesNothing) {
  own();
  read({task(1), task(2)});
  start_all();
  EXPECT_THAT(ask({asks(kind::retry, 1, 3), asks(kind::snooze, 2, 4)}), IsEmpty());
  EXPECT_THAT(answered(), ElementsAre(3, 4));
  end(1);
  end(2);
  EXPECT_THAT(write(), ElementsAre("1 d1", "2 d1"));
}

// -- in open -----------------------------------------------------------------

TEST_F(PartitionRequests, CancelATaskInOpen) {
  own(acquired({{1, "sync", "k", 2}}));
  ask({keyed(opened(asks(kind::cancel, 1)), "k")});
  EXPECT_THAT(write(), ElementsAre("1 c3 cancelled by ann, remove"));
  read({task(2, "k")});
  EXPECT_EQ(start(), 2);
  end(2);
  EXPECT_THAT(write(), ElementsAre("2 d1")) << "it has nothing to supersede";
}

TEST_F(PartitionRequests, RetryATaskInOpenAtOnceWithWhatItHasUsedUp) {
  own(acquired({}, 1h));
  ask({opened(asks(kind::retry, 1))});
  const finish_request request = collect();
  EXPECT_THAT(text_of(request.rows), ElementsAre("1, put w in 0"));
  EXPECT_EQ(request.rows.at(0).attempts, 2);
  EXPECT_EQ(request.rows.at(0).runs, 2);
  owner().on_committed(0us, now.boot);
  EXPECT_TRUE(owner().wants_promote(now.boot));
  promote({due_task(1, 1us, {}, 2)});
  EXPECT_EQ(start(), 1);
}

TEST_F(PartitionRequests, NoPromotionBringsATaskBackThatIsBeingCancelled) {
  own(acquired({}, 0ms));
  static_cast<void>(owner().begin_promote());
  ask({opened(asks(kind::cancel, 1))});
  write();
  owner().on_promoted({due_task(1, 1us)}, {}, now.boot);
  EXPECT_EQ(start(), 0);
}

// -- not there ---------------------------------------------------------------

TEST_F(PartitionRequests, WaitForATaskThatHasNotBeenReadYet) {
  own();
  ask({asks(kind::cancel, 1, 6)});
  EXPECT_FALSE(owner().has_rows());
  read({task(1)});
  EXPECT_EQ(start(), 0);
  EXPECT_THAT(answered(), ElementsAre(6));
}

TEST_F(PartitionRequests, OnlyAnswerForATaskThatHasEnded) {
  own();
  task_request asked = asks(kind::cancel, 1, 5);
  asked.ended = true;
  ask({asked});
  const finish_request request = collect();
  EXPECT_THAT(text_of(request.rows), ElementsAre("1"));
  EXPECT_EQ(request.rows.at(0).request, 5);
  EXPECT_TRUE(request.marks.empty()) << "nothing has ended";
}

TEST_F(PartitionRequests, WhatLeftMemoryWhileTheyWereReadIsJudgedByTheNextAnswer) {
  own();
  read({task(1)});
  start();
  end(1, retry_in(1h));
  owner().begin_asking();
  write(1h);
  owner().on_requests({asks(kind::cancel, 1)}, now.wall);
  EXPECT_FALSE(owner().has_rows()) << "the answer is from before its row in open";
  ask({opened(asks(kind::cancel, 1))});
  EXPECT_THAT(write(), ElementsAre("1 c3 cancelled by ann, remove"));
}

TEST_F(PartitionRequests, AreReadAgainAfterARenewal) {
  own();
  ask({asks(kind::cancel, 1)});
  ownership again = acquired();
  again.held.epoch = 4;
  owner().renewed(again, now.boot);
  read({task(1)});
  EXPECT_EQ(start(), 1) << "what was asked is forgotten, and stands in the store";
}

// -- paused names --------------------------------------------------------------

TEST_F(PartitionRequests, WhatIsPutAsideMakesNoPromotionUntilANameIsResumed) {
  own();
  read({task(1, "k")});
  read({task(2, "k")});
  ASSERT_NE(owner().candidate(), nullptr);
  owner().put_aside(2);
  EXPECT_THAT(write(1us), ElementsAre("1, put w in 0", "2, put w in 0"));
  EXPECT_FALSE(owner().wants_promote(now.boot + 1h));
  owner().look_again(now.boot);
  promote({due_task(1, 1us, "k"), due_task(2, 1us, "k")});
  EXPECT_EQ(start(), 2);
  EXPECT_THAT(write(), ElementsAre("1 s1 superseded by 2, remove"));
}

TEST_F(PartitionRequests, WhatIsOnItsWayAsideWhenANameIsResumedComesBack) {
  own();
  read({task(1)});
  ASSERT_NE(owner().candidate(), nullptr);
  owner().put_aside(1);
  owner().look_again(now.boot);
  promote({});
  write(1us);
  EXPECT_TRUE(owner().wants_promote(now.boot));
}

TEST_F(PartitionRequests, APromotionUnderWayWhenANameIsResumedIsMadeAgain) {
  own(acquired({}, 0ms));
  static_cast<void>(owner().begin_promote());
  owner().look_again(now.boot);
  owner().on_promoted({due_task(5, 9us)}, {}, now.boot);
  ASSERT_TRUE(owner().wants_promote(now.boot));
  const promote_request again = owner().begin_promote();
  EXPECT_EQ(again.after_due, 0us);
}

}  // namespace
}  // namespace weir::cluster
