// weir audit list on the memory driver: what each command leaves there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/command_harness.hpp"
#include "tests/app/golden.hpp"

namespace weir::app {
namespace {

using testing::HasSubstr;

struct AuditCommand : testing::Test {
  command_harness weir;

  void SetUp() override { weir.add_node("n1"); }
  command_output run(std::vector<std::string> args) {
    auto done = weir.run(std::move(args));
    EXPECT_EQ(done.code, 0) << done.err;
    return done;
  }
};

TEST_F(AuditCommand, ListsWhatWasOrderedNewestFirst) {
  run({"stream", "create", "mail", "--mode", "parallel", "--partitions", "2"});
  run({"stream", "pause", "mail", "--until", "2026-12-01T00:00:00Z"});
  run({"node", "drain", "n1"});
  for (int i = 0; i < 3; ++i) run({"task", "enqueue", "report", "--stream", "mail"});
  run({"task", "cancel", "--name", "report", "--yes"});
  run({"schedule", "add", "poll", "--every", "15m", "--data", R"({"token":"secret"})"});
  EXPECT_EQ(weir.run({"stream", "delete", "default"}).code, 5);
  expect_golden("audit_list.txt", run({"audit", "list"}).out);
  expect_golden("audit_list.json", run({"audit", "list", "-o", "json", "--limit", "2"}).out);
}

TEST_F(AuditCommand, GoesOnWithTheCursorAndNotBeforeSince) {
  for (const char* verb : {"pause", "resume", "pause"}) run({"stream", verb, "default"});
  const auto first = run({"audit", "list", "--limit", "2"});
  EXPECT_THAT(first.err, HasSubstr("more: add --cursor 2"));
  const auto rest = run({"audit", "list", "--cursor", "2", "-o", "json"}).json();
  ASSERT_EQ(rest["items"].size(), 1U);
  EXPECT_EQ(rest["items"][0]["action"], "stream.pause");
  EXPECT_EQ(rest["next"], nullptr);
  EXPECT_EQ(run({"audit", "list", "--since", "2026-11-23T00:00:00Z", "-o", "json"}).json()["items"].size(),
            0U);
  const auto lines = run({"audit", "list", "-o", "ndjson"}).out;
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 3);
}

TEST_F(AuditCommand, RefusesWhatItCannotRead) {
  EXPECT_EQ(weir.run({"audit", "list", "--limit", "0"}).code, 2);
  const auto bad = weir.run({"audit", "list", "--since", "yesterday"});
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.err, HasSubstr("--since"));
}

}  // namespace
}  // namespace weir::app
