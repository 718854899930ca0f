// weir task cancel|retry|snooze|requeue on the memory driver, where nobody owns anything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/command_harness.hpp"

namespace weir::app {
namespace {

using testing::HasSubstr;

struct TaskOrders : testing::Test {
  command_harness weir;

  void SetUp() override {
    for (int i = 0; i < 3; ++i) weir.run({"task", "enqueue", "mail", "--key", std::to_string(i)});
    weir.run({"task", "enqueue", "push"});
  }
};

TEST_F(TaskOrders, CancelById) {
  const auto done = weir.run({"task", "cancel", "1", "2", "-o", "json"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.json()["items"][1]["id"], "2");
  EXPECT_EQ(done.json()["items"][1]["answer"], "cancelled");
  EXPECT_EQ(weir.run({"task", "show", "1", "-o", "json"}).json()["state"], "CANCELLED");
}

TEST_F(TaskOrders, TellByTheExitCodeWhatCouldNotBeDone) {
  weir.run({"task", "cancel", "1"});
  EXPECT_EQ(weir.run({"task", "cancel", "99"}).code, 3);
  const auto mixed = weir.run({"task", "cancel", "99", "1", "2"});
  EXPECT_EQ(mixed.code, 5);
  EXPECT_EQ(mixed.out, "99  does not exist\n1  has ended\n2  cancelled\n");
  EXPECT_EQ(weir.run({"task", "requeue", "3"}).code, 5);
  EXPECT_EQ(weir.run({"task", "cancel", "x"}).code, 2);
}

TEST_F(TaskOrders, ByFilterNeedAYesAndCountBefore) {
  EXPECT_EQ(weir.run({"task", "cancel", "--name", "mail", "--dry-run"}).out, "3\n");
  const auto refused = weir.run({"task", "cancel", "--name", "mail"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("cancel 3 tasks: add --yes"));
  EXPECT_EQ(weir.run({"task", "count", "mail"}).out, "3\n");
  EXPECT_EQ(weir.run({"task", "cancel", "--name", "mail", "--yes"}).code, 0);
  EXPECT_EQ(weir.run({"task", "count", "mail"}).out, "0\n");
  EXPECT_EQ(weir.run({"task", "count", "push"}).out, "1\n");
}

TEST_F(TaskOrders, SayThatThereIsNothingToDo) {
  for (const char* yes : {"--yes", "--quiet"}) {  // without tasks there is nothing to agree to
    const auto done = weir.run({"task", "retry", "--stream", "default", yes});
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_EQ(done.out, "");
    EXPECT_EQ(done.err, std::string{yes} == "--yes" ? "0 tasks\n" : "");
  }
  EXPECT_EQ(weir.run({"task", "retry", "--stream", "default", "-o", "json"}).json()["items"].size(), 0U);
}

TEST_F(TaskOrders, NeedIdsOrFiltersNotBothAndNotNothing) {
  EXPECT_EQ(weir.run({"task", "cancel"}).code, 2);
  EXPECT_EQ(weir.run({"task", "cancel", "1", "--name", "mail"}).code, 2);
  EXPECT_EQ(weir.run({"task", "snooze", "1"}).code, 2);
  EXPECT_EQ(weir.run({"task", "snooze", "1", "--for", "5"}).code, 2);
  EXPECT_EQ(weir.run({"task", "snooze", "1", "--until", "1999-01-01T00:00:00Z"}).code, 2);
}

TEST_F(TaskOrders, PauseANameAndLetItGoOn) {
  EXPECT_EQ(weir.run({"task", "pause", "mail", "-o", "json"}).json()["paused"], true);
  EXPECT_THAT(weir.run({"task", "explain", "1"}).out, HasSubstr("Tasks named mail are paused"));
  EXPECT_THAT(weir.run({"status"}).out, HasSubstr("weir task resume mail"));
  EXPECT_EQ(weir.run({"task", "resume", "mail"}).code, 0);
  EXPECT_EQ(weir.run({"task", "resume", "mail"}).code, 3);
  EXPECT_EQ(
      weir.run({"task", "pause", "mail", "--until", "2099-01-01T00:00:00Z", "-o", "json"}).json()["paused"],
      "2099-01-01T00:00:00.000000Z");
  EXPECT_EQ(weir.run({"task", "pause", "mail", "--until", "1999-01-01T00:00:00Z"}).code, 2);
}

TEST_F(TaskOrders, CopiesAreMadeInTheOrderOfTheTasksHoweverManyThereAre) {
  for (int i = 0; i < 1200; ++i) weir.run({"task", "enqueue", "copied", "--key", "k"});
  weir.run({"task", "cancel", "--name", "copied", "--yes"});
  const auto made =
      weir.run({"task", "requeue", "--name", "copied", "--state", "cancelled", "--yes", "-o", "json"})
          .json()["items"];
  ASSERT_EQ(made.size(), 1200U);
  long long before = 0, before_copy = 0;
  for (const auto& one : made) {
    const auto id = std::stoll(one["id"].get<std::string>()),
               copy = std::stoll(one["new_id"].get<std::string>());
    EXPECT_GT(id, before);
    EXPECT_GT(copy, before_copy);
    before = id;
    before_copy = copy;
  }
}

TEST_F(TaskOrders, SnoozeRetryAndRequeue) {
  EXPECT_EQ(weir.run({"task", "snooze", "1", "--until", "2099-01-01T00:00:00Z"}).out, "1  snoozed\n");
  EXPECT_EQ(weir.run({"task", "show", "1", "-o", "json"}).json()["do_after"], "2099-01-01T00:00:00.000000Z");
  EXPECT_EQ(weir.run({"task", "retry", "1"}).out, "1  due now\n");
  EXPECT_NE(weir.run({"task", "show", "1", "-o", "json"}).json()["do_after"], "2099-01-01T00:00:00.000000Z");
  weir.run({"task", "cancel", "1"});
  EXPECT_EQ(weir.run({"task", "requeue", "1"}).out, "1  enqueued again as 5\n");
  EXPECT_EQ(weir.run({"task", "show", "5", "-o", "json"}).json()["key"], "0");
}

}  // namespace
}  // namespace weir::app
