// weir task clear and weir task errors on the memory driver; how weir db import-message-queue is asked for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/command_harness.hpp"

namespace weir::app {
namespace {

using testing::HasSubstr;

struct TaskClear : testing::Test {
  command_harness weir;

  void SetUp() override {
    for (int i = 0; i < 3; ++i) weir.run({"task", "enqueue", "mail", "--key", std::to_string(i)});
    weir.run({"task", "enqueue", "push", "--in", "1h"});
  }
  int left() { return weir.run({"task", "clear", "--dry-run", "-o", "json"}).json()["count"]; }
};

TEST_F(TaskClear, EndsEverythingUnfinishedAfterAYes) {
  const auto refused = weir.run({"task", "clear"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("cancel 4 tasks: add --yes"));
  EXPECT_EQ(left(), 4);
  const auto done = weir.run({"task", "clear", "--yes"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "4 cancelled\n");
  EXPECT_EQ(left(), 0);
  EXPECT_EQ(weir.run({"task", "show", "4", "-o", "json"}).json()["state"], "CANCELLED");
  EXPECT_EQ(weir.run({"task", "clear"}).out, "0 cancelled\n") << "nothing needs no yes";
}

TEST_F(TaskClear, EndsWhatFiltersMeanAndNothingElse) {
  EXPECT_EQ(weir.run({"task", "clear", "--name", "mail", "--key", "1", "--yes"}).out, "1 cancelled\n");
  EXPECT_EQ(left(), 3);
  EXPECT_EQ(weir.run({"task", "clear", "--name", "push", "--yes", "-o", "json"}).json(),
            (ordered_json{{"cancelled", 1}, {"asked", 0}}));
  EXPECT_EQ(weir.run({"task", "clear", "--stream", "nowhere", "--yes"}).out, "0 cancelled\n");
  const auto by_state = weir.run({"task", "clear", "--state", "retry", "--yes"});
  EXPECT_EQ(by_state.code, 2);
  EXPECT_THAT(by_state.err, HasSubstr("unknown option \"--state\""));
  EXPECT_EQ(left(), 2);
}

TEST(TaskErrors, SayThatThereAreNone) {
  command_harness weir;
  weir.run({"task", "enqueue", "mail"});
  const auto told = weir.run({"task", "errors"});
  EXPECT_EQ(told.code, 0);
  EXPECT_EQ(told.out, "");
  EXPECT_THAT(told.err, HasSubstr("no task has failed"));
  EXPECT_EQ(weir.run({"task", "errors", "-o", "json"}).json(),
            (ordered_json{{"items", ordered_json::array()}}));
  EXPECT_EQ(weir.run({"task", "errors", "--limit", "0"}).code, 2);
}

TEST(ImportMessageQueue, WantsATable) {
  command_harness weir;
  const std::vector<std::string> command{"db", "import-message-queue"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), command.begin(), command.end());
    return weir.run(std::move(more));
  };
  EXPECT_THAT(with({}).err, HasSubstr("--from SCHEMA.TABLE"));
  EXPECT_EQ(with({}).code, 2);
  EXPECT_EQ(with({"--from", "public.errand", "--follow", "--switch"}).code, 2);
  EXPECT_EQ(with({"--from", "public.errand", "--batch", "10001"}).code, 2);
  EXPECT_EQ(with({"--from", "public.errand"}).code, 3);
  weir.environment["WEIR_DATABASE__MESSAGE_QUEUE"] = "shop.errand";
  const auto configured = with({});
  EXPECT_EQ(configured.code, 3);
  EXPECT_THAT(configured.err, HasSubstr("shop.errand"));
}

}  // namespace
}  // namespace weir::app
