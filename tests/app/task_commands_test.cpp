// Tasks by command: enqueue one, enqueue many, wait, list, show, count.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/command_harness.hpp"

namespace weir::app {
namespace {

using memory::fault;
using testing::HasSubstr;

TEST(TaskEnqueue, PrintsTheIdOrTheTask) {
  command_harness weir;
  auto done = weir.run({"task", "enqueue", "mail"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "1\n");
  done = weir.run({"task", "enqueue", "mail", "--key", "42", "--data", R"({"to":"x@y"})", "--at",
                   "2026-11-23T00:00:00Z", "-o", "json"});
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.json()["id"], "2");
  EXPECT_EQ(done.json()["key"], "42");
  EXPECT_EQ(done.json()["data"]["to"], "x@y");
  EXPECT_EQ(done.json()["do_after"], "2026-11-23T00:00:00.000000Z");
  EXPECT_EQ(weir.run({"task", "enqueue", "mail", "--in", "1h", "-o", "json"}).json()["do_after"],
            "2026-11-22T20:26:03.250000Z");
}

TEST(TaskEnqueue, ReadsDataFromStandardInput) {
  command_harness weir;
  const auto done = weir.run({"task", "enqueue", "mail", "--data", "-", "-o", "json"}, "{\"a\": 1}\n");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.json()["data"]["a"], 1);
}

TEST(TaskEnqueue, RefusesWhatIsTooLarge) {
  command_harness weir;
  weir.environment["WEIR_LIMITS__PAYLOAD"] = "1KiB";
  const auto done =
      weir.run({"task", "enqueue", "mail", "--data", "-"}, "\"" + std::string(1023, 'x') + "\"");
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.err, HasSubstr("1024"));
  EXPECT_EQ(weir.run({"task", "enqueue", "mail", "--data", "-"}, "\"" + std::string(1022, 'x') + "\"").code,
            0);
}

TEST(TaskEnqueue, SaysWhenTheOutcomeIsUnknown) {
  command_harness weir;
  weir.world.faults = {{"console.enqueue", {fault::what::lose_answer}}};
  const auto done = weir.run({"task", "enqueue", "mail"});
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.err, HasSubstr("may have been enqueued"));
}

TEST(TaskEnqueue, WaitEndsTooLate) {
  command_harness weir;
  weir.frames = 1000;
  const auto done = weir.run({"task", "enqueue", "mail", "--wait=2s"});
  EXPECT_EQ(done.code, 124);
  EXPECT_EQ(done.out, "1 READY\n");
  EXPECT_THAT(done.err, HasSubstr("it goes on"));
}

TEST(TaskEnqueueLines, AnswersEveryLine) {
  command_harness weir;
  const std::string input =
      "{\"name\":\"mail\",\"data\":{\"n\":1}}\n"
      "not json\n"
      "\n"
      "{\"name\":\"mail\",\"stream\":\"nowhere\"}\n"
      "{\"name\":\"mail\"}";
  const auto done = weir.run({"task", "enqueue", "-", "-o", "ndjson"}, input);
  EXPECT_EQ(done.code, 1);
  std::vector<ordered_json> lines;
  std::istringstream text{done.out};
  for (std::string one; std::getline(text, one);) lines.push_back(ordered_json::parse(one));
  ASSERT_EQ(lines.size(), 4U) << done.out;
  EXPECT_EQ(lines[0]["line"], 1);
  EXPECT_TRUE(lines[0].contains("id"));
  EXPECT_EQ(lines[1]["error"]["code"], "invalid");
  EXPECT_EQ(lines[2]["line"], 4);
  EXPECT_THAT(lines[2]["error"]["message"].get<std::string>(), HasSubstr("nowhere"));
  EXPECT_EQ(lines[3]["line"], 5);
  EXPECT_LT(std::stol(lines[0]["id"].get<std::string>()), std::stol(lines[3]["id"].get<std::string>()));
  EXPECT_THAT(done.err, HasSubstr("2 enqueued, 2 not"));
}

TEST(TaskEnqueueLines, TellsPeopleWhichLinesFailed) {
  command_harness weir;
  const auto done = weir.run({"task", "enqueue", "-"}, "{\"name\":\"mail\"}\n{\"nam\":\"mail\"}\n");
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.err,
              HasSubstr("weir: error: line 2: invalid: unknown member \"nam\" (did you mean 'name'?)"));
  EXPECT_EQ(weir.run({"task", "enqueue", "-", "-q"}, "{\"name\":\"mail\"}\n").err, "");
}

TEST(TaskList, FiltersAndPages) {
  command_harness weir;
  ASSERT_EQ(
      weir.run(
              {"task", "enqueue", "-", "-q"},
              "{\"name\":\"mail\",\"key\":\"a\"}\n{\"name\":\"report\"}\n{\"name\":\"mail\",\"key\":\"b\"}\n")
          .code,
      0);
  auto done = weir.run({"task", "list", "--name", "mail", "--limit", "1", "-o", "json"});
  ASSERT_EQ(done.code, 0) << done.err;
  ASSERT_EQ(done.json()["items"].size(), 1U);
  EXPECT_EQ(done.json()["items"][0]["key"], "b") << "newest first";
  ASSERT_TRUE(done.json()["next"].is_string());
  done = weir.run({"task", "list", "--name", "mail", "--limit", "1", "-o", "json", "--cursor",
                   done.json()["next"].get<std::string>()});
  EXPECT_EQ(done.json()["items"][0]["key"], "a");
  EXPECT_EQ(weir.run({"task", "list", "--state", "ready,in_progress", "-o", "json"}).json()["items"].size(),
            3U);
  EXPECT_EQ(weir.run({"task", "list", "--state", "done", "-o", "json"}).json()["items"].size(), 0U);
  EXPECT_EQ(weir.run({"task", "list", "--key", "a", "-o", "ndjson"}).json()["key"], "a");
}

TEST(TaskShow, AddsTheAttempts) {
  command_harness weir;
  ASSERT_EQ(weir.run({"task", "enqueue", "mail"}).code, 0);
  const auto done = weir.run({"task", "show", "1", "-o", "json"});
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(done.json()["attempts"].is_array());
  EXPECT_EQ(weir.run({"task", "show", "99"}).code, 3);
}

TEST(TaskCount, CountsUnfinishedOnesOfAName) {
  command_harness weir;
  ASSERT_EQ(
      weir.run({"task", "enqueue", "-", "-q"}, "{\"name\":\"mail\"}\n{\"name\":\"mail\"}\n{\"name\":\"x\"}\n")
          .code,
      0);
  EXPECT_EQ(weir.run({"task", "count", "mail"}).out, "2\n");
  EXPECT_EQ(weir.run({"task", "count", "never", "-o", "ndjson"}).out,
            "{\"name\":\"never\",\"count\":0,\"capped\":false}\n");
}

TEST(TaskExplain, SaysWhyAndThenTheFacts) {
  command_harness weir;
  weir.add_node("n1", {"mail"});
  ASSERT_EQ(weir.run({"task", "enqueue", "mail", "--key", "k", "--in", "1h"}).code, 0);
  auto done = weir.run({"task", "explain", "1"});
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("No node leads"));
  EXPECT_THAT(done.out, HasSubstr("also: It is not due before 2026-11-22T20:26:03.250000Z, in 1h00m"));
  EXPECT_THAT(done.out, HasSubstr("1 mail, key k"));
  done = weir.run({"task", "explain", "1", "-o", "json"});
  EXPECT_EQ(done.json()["reason"], "no_leader");
  EXPECT_EQ(done.json()["reasons"][1]["code"], "not_due");
  EXPECT_EQ(done.json()["stream"], "default");
  EXPECT_EQ(weir.run({"task", "explain", "2"}).code, 3);
}

}  // namespace
}  // namespace weir::app
