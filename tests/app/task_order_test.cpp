// weir task cancel|retry|snooze|requeue on the memory driver, where nobody owns anything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cli/task_orders.hpp"
#include "tests/app/command_harness.hpp"

namespace weir::app {
namespace {

using std::chrono::milliseconds;
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

/// Ended tasks in plenty, and a clock that goes on by `look` whenever it is read.
struct DryRuns : testing::Test {
  command_harness weir;
  std::unique_ptr<driver> on = weir.node_driver();
  std::unique_ptr<console_store> store = on->open_console();
  task_filter cancelled;
  boot_time now{};
  milliseconds look{0};

  void SetUp() override {
    insert_row one;
    one.name = "mail";
    one.data = "{}";
    const auto made = store->enqueue(std::vector<insert_row>(3500, one)).value();
    std::vector<task_id> ids;
    for (const auto& each : made) ids.push_back(each.id);
    ASSERT_TRUE(store->order({task_request::what::cancel, ids, {}, "ann"}));
    cancelled.states = {task_state::cancelled};
  }
  std::string counted(int most, milliseconds time) {
    const auto found =
        count_meant(*store, *find_order("requeue"), cancelled, most, time, [this] { return now += look; });
    return std::to_string(found.value().count) + (found.value().capped ? "+" : "");
  }
};

TEST_F(DryRuns, CountEverythingWhereThereIsTime) {
  EXPECT_EQ(counted(10'000, milliseconds{20}), "3500");
  EXPECT_EQ(counted(3500, milliseconds{20}), "3500");
}

TEST_F(DryRuns, CountUpToABound) { EXPECT_EQ(counted(2500, milliseconds{20}), "2500+"); }

TEST_F(DryRuns, SayWhatWasFoundWhenTheTimeIsUp) {
  look = milliseconds{11};
  EXPECT_EQ(counted(10'000, milliseconds{20}), "2000+");
  look = milliseconds{100};
  EXPECT_EQ(counted(10'000, milliseconds{20}), "1000+") << "one look is always made";
}

TEST_F(DryRuns, CountWhatTheOrderWouldBeFor) {
  weir.run({"task", "enqueue", "push", "--key", "1"});
  weir.run({"task", "enqueue", "push", "--key", "2"});
  const auto counted = [&](const char* verb, const task_filter& filter) {
    return count_meant(*store, *find_order(verb), filter, 10'000, milliseconds{20}).value().count;
  };
  task_filter push, first;
  push.name = "push";
  first.key = "1";
  EXPECT_EQ(counted("cancel", push), 2);
  EXPECT_EQ(counted("cancel", first), 1);
  EXPECT_EQ(counted("retry", push), 0) << "none is in retry";
  EXPECT_EQ(counted("requeue", push), 0) << "none has failed";
}

}  // namespace
}  // namespace weir::app
