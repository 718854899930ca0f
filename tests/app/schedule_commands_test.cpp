// weir schedule ... on the memory driver: what each does, prints and refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/command_harness.hpp"
#include "tests/app/golden.hpp"

namespace weir::app {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct ScheduleCommands : testing::Test {
  command_harness weir;

  // It is 2026-11-22T19:26:03.25Z.
  void SetUp() override {
    run({"schedule", "add", "nightly", "--cron", "0 2 * * *", "--zone", "Pacific/Auckland", "--task",
         "price_pull", "--key", "prices", "--data", R"({"n": 12345678901234567890})", "--missed", "all"});
    run({"schedule", "add", "poll", "--every", "15m"});
    run({"schedule", "add", "report", "--cron", "@monthly"});
    run({"schedule", "pause", "report"});
  }
  command_output run(std::vector<std::string> args) {
    auto done = weir.run(std::move(args));
    EXPECT_EQ(done.code, 0) << done.err;
    return done;
  }
  ordered_json json(std::vector<std::string> args) {
    args.insert(args.end(), {"-o", "json"});
    return run(std::move(args)).json();
  }
};

TEST_F(ScheduleCommands, ListAndShowWhatThereIs) {
  expect_golden("schedule_list.txt", run({"schedule", "list"}).out);
  expect_golden("schedule_show.txt", run({"schedule", "show", "nightly"}).out);
  expect_golden("schedule.json", run({"schedule", "show", "nightly", "-o", "json"}).out);
  expect_golden("schedule_list.json", run({"schedule", "list", "-o", "json"}).out);
  const auto lines = run({"schedule", "list", "-o", "ndjson"}).out;
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 3);
  expect_golden("help_schedule_add.txt", run({"schedule", "add", "--help"}).out);
}

TEST_F(ScheduleCommands, NextShowsTheLocalClockThroughItsChange) {
  expect_golden("schedule_next.txt", run({"schedule", "next", "nightly", "-n", "3"}).out);
  expect_golden(
      "schedule_next_dst.txt",
      run({"schedule", "next", "--cron", "30 2 * 4 sun", "--zone", "Pacific/Auckland", "-n", "2"}).out);
  const auto items =
      json({"schedule", "next", "--cron", "*/30 2 25 10 *", "--zone", "Europe/Berlin", "-n", "4"})["items"];
  std::vector<std::string> local;
  for (const auto& item : items) local.push_back(item["local"].get<std::string>());
  EXPECT_THAT(local, testing::ElementsAre("2027-10-25T02:00:00+02:00", "2027-10-25T02:30:00+02:00",
                                          "2028-10-25T02:00:00+02:00", "2028-10-25T02:30:00+02:00"));
  EXPECT_EQ(items[0]["at"], "2027-10-25T00:00:00.000000Z");
  EXPECT_EQ(items[0]["zone"], "CEST");
  EXPECT_EQ(json({"schedule", "next", "poll"})["items"].size(), 5U);
}

TEST_F(ScheduleCommands, NextTriesARuleWithoutAnyDatabase) {
  weir.world.state = error{errc::unavailable, "no database there"};
  EXPECT_EQ(run({"schedule", "next", "--every", "15m", "-n", "1"}).out,
            "LOCAL TIME           OFFSET  ZONE  UTC\n"
            "2026-11-22T19:30:00  +00:00  UTC   2026-11-22T19:30:00Z\n");
}

TEST_F(ScheduleCommands, PauseUntilResumeAndNextGoTogether) {
  EXPECT_EQ(json({"schedule", "show", "report"})["paused"], true);
  EXPECT_TRUE(json({"schedule", "show", "report"})["next_at"].is_null());
  EXPECT_THAT(run({"schedule", "next", "report", "-n", "1"}).err, HasSubstr("is paused"));
  auto shown = json({"schedule", "pause", "poll", "--until", "2026-11-23T10:00:00+13:00"});
  EXPECT_EQ(shown["paused"], "2026-11-22T21:00:00.000000Z");
  EXPECT_EQ(shown["next_at"], "2026-11-22T21:00:00.000000Z");
  EXPECT_EQ(json({"schedule", "next", "poll", "-n", "1"})["items"][0]["at"], "2026-11-22T21:00:00.000000Z");
  shown = json({"schedule", "resume", "poll"});
  EXPECT_EQ(shown["paused"], false);
  EXPECT_EQ(shown["next_at"], "2026-11-22T19:30:00.000000Z");
}

TEST_F(ScheduleCommands, TriggerEnqueuesOneTaskNow) {
  EXPECT_EQ(run({"schedule", "trigger", "nightly"}).out, "1\n");
  const auto task = json({"task", "show", "1"});
  EXPECT_EQ(task["name"], "price_pull");
  EXPECT_EQ(task["key"], "prices");
  EXPECT_EQ(task["created_by"], "schedule nightly, triggered by ann");
  EXPECT_THAT(run({"task", "show", "1", "-o", "json"}).out, HasSubstr("12345678901234567890"));
  EXPECT_EQ(json({"schedule", "trigger", "report"})["id"], "2") << "also while it is paused";
  EXPECT_TRUE(json({"schedule", "show", "nightly"})["last_at"].is_null());
}

TEST_F(ScheduleCommands, AddIsTheSameOrAConflict) {
  EXPECT_EQ(json({"schedule", "add", "poll", "--every", "900s"})["every"], "15m");
  const auto other = weir.run({"schedule", "add", "poll", "--every", "10m"});
  EXPECT_EQ(other.code, 5);
  EXPECT_THAT(other.err, HasSubstr("remove it first"));
  run({"schedule", "remove", "poll"});
  EXPECT_EQ(json({"schedule", "add", "poll", "--every", "10m"})["every"], "10m");
  EXPECT_EQ(json({"schedule", "remove", "poll"})["removed"], true);
}

TEST_F(ScheduleCommands, AnUnknownNameIsNotFound) {
  for (const std::string verb : {"show", "remove", "pause", "resume", "trigger", "next"}) {
    const auto done = weir.run({"schedule", verb, "nightli"});
    EXPECT_EQ(done.code, 3) << verb;
    EXPECT_THAT(done.err, HasSubstr("no schedule \"nightli\" (did you mean 'nightly'?)")) << verb;
    EXPECT_THAT(done.out, IsEmpty()) << verb;
  }
}

}  // namespace
}  // namespace weir::app
