// Commands as people call them: exit codes, messages, and what each does to the store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/command_harness.hpp"
#include "tests/app/golden.hpp"

namespace weir::app {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(CommandLine, WithoutACommandIsUsage) {
  command_harness weir;
  const auto done = weir.run({});
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.err, HasSubstr("Usage: weir COMMAND"));
  EXPECT_EQ(done.out, "");
}

TEST(CommandLine, HelpGoesToStandardOutput) {
  command_harness weir;
  expect_golden("help.txt", weir.run({"--help"}).out);
  expect_golden("help_task_enqueue.txt", weir.run({"task", "enqueue", "--help"}).out);
  EXPECT_EQ(weir.run({"stream", "-h"}).code, 0);
}

struct wrong_line {
  std::vector<std::string> args;
  const char* complaint;
};

TEST(CommandLine, ExplainsWhatItDidNotUnderstand) {
  const wrong_line cases[]{
      {{"stauts"}, "unknown command \"stauts\" (did you mean 'status'?)"},
      {{"task", "lst"}, "weir task: unknown command \"lst\" (did you mean 'list'?)"},
      {{"task"},
       "weir task: a command is missing: one of enqueue, list, show, explain, errors, clear, cancel, retry, "
       "snooze, requeue, pause, resume, count"},
      {{"task", "list", "--strem", "x"}, "unknown option \"--strem\" (did you mean '--stream'?)"},
      {{"status", "--colour"}, "unknown option \"--colour\""},
      {{"status", "now"}, "weir status: unexpected argument \"now\""},
      {{"status", "--watch", "5s"}, "weir status: write --watch=5s"},
      {{"task", "enqueue", "mail", "--wait", "5s"}, "write --wait=5s"},
      {{"stream", "pin", "default"}, "weir stream pin: NODE is missing"},
      {{"stream", "create", "s"}, "--mode is required"},
      {{"stream", "pause", "default", "--until", "2020-01-01T00:00:00Z"}, "is past"},
      {{"status", "-o", "yaml"}, "write table, json or ndjson"},
      {{"task", "show"}, "weir task show: ID is missing"},
      {{"task", "show", "x1"}, "not a task id"},
      {{"task", "explain", "x1"}, "not a task id"},
      {{"task", "explain"}, "weir task explain: ID is missing"},
      {{"stream", "move", "default"}, "weir stream move: NODE is missing"},
      {{"stream", "move", "default", "n1", "--slot", "-1"}, "from 0 to 1023"},
      {{"task", "list", "--state", "done,lost"}, "\"lost\" is no state"},
      {{"task", "list", "--limit", "0"}, "from 1 to 1000"},
      {{"task", "enqueue", "mail", "--in", "5"}, "not a duration"},
      {{"task", "enqueue", "mail", "--in", "5m", "--at", "2026-11-22T19:00:00Z"}, "exclude each other"},
      {{"task", "enqueue", "mail", "--data", "{"}, "data"},
      {{"task", "enqueue", "mail", "--data", "@/nonexistent/file"}, "cannot be read"},
      {{"task", "enqueue", "-", "--key", "4"}, "every line says its own"},
      {{"task", "enqueue", ""}, "task name"},
      {{"stream", "create", "s", "--mode", "both"}, "not single or parallel"},
      {{"stream", "create", "s", "--mode", "single", "--partitions", "4"},
       "a single stream has one partition"},
      {{"stream", "set", "default", "concurency=4"}, "did you mean 'concurrency'"},
      {{"stream", "set", "default", "concurrency"}, "write KEY=VALUE"},
      {{"stream", "set", "default", "pin=n1"}, "weir stream pin"},
      {{"stream", "set", "default", "rate=10"},
       "rate: \"10\" is not a rate such as 10/s, 10/m or 10/h, or off"},
      {{"stream", "set", "default", "breaker.failures=-1"}, "breaker.failures"},
      {{"stream", "set", "default", "breaker.pause=0s"}, "must be above 0"},
      {{"stream", "pause", "default", "--until", "soon"}, "not an RFC 3339 time"},
      {{"status", "--watch=1"}, "not a duration"},
      {{"schedule", "add", "s"}, "write --cron"},
      {{"schedule", "add", "s", "--cron", "0 24 * * *"}, "the hour field \"24\""},
      {{"schedule", "add", "s", "--cron", "0 2 30 2 *"}, "never fires"},
      {{"schedule", "add", "s", "--cron", "@daily", "--zone", "Pacific/Aukland"}, "must be a time zone"},
      {{"schedule", "add", "s", "--cron", "@daily", "--every", "1m"}, "not both"},
      {{"schedule", "add", "s", "--every", "10ms"}, "from 1s to 100 years"},
      {{"schedule", "add", "s", "--every", "0s"}, "at least 1s"},
      {{"schedule", "add", "s", "--every", "1m", "--zone", "UTC"}, "an interval has no time zone"},
      {{"schedule", "add", "s", "--every", "1m", "--missed", "some"}, "not skip, once or all"},
      {{"schedule", "add", "s", "--every", "1m", "--data", "{"}, "--data: "},
      {{"schedule", "add", "s", "--every", "1m", "--task", ""}, "task"},
      {{"schedule", "next"}, "write --cron"},
      {{"schedule", "next", "--every", "1m", "-n", "0"}, "from 1 to 1000"},
      {{"schedule", "next", "s", "--every", "1m"}, "not both"},
      {{"schedule", "pause", "s", "--until", "2020-01-01T00:00:00Z"}, "is past"},
      {{"schedule", "show"}, "weir schedule show: S is missing"},
      {{"db", "status", "--url", "http://127.0.0.1:7711"}, "weir db status works on the database itself"},
  };
  for (const auto& one : cases) {
    command_harness weir;
    const auto done = weir.run(one.args);
    EXPECT_EQ(done.code, 2) << testing::PrintToString(one.args) << done.err;
    EXPECT_THAT(done.err, HasSubstr(one.complaint)) << testing::PrintToString(one.args);
    EXPECT_THAT(done.err, HasSubstr("weir: error: ")) << testing::PrintToString(one.args);
    EXPECT_EQ(done.out, "") << testing::PrintToString(one.args);
  }
}

TEST(CommandLine, TakesGlobalOptionsAnywhere) {
  command_harness weir;
  const auto expected = weir.run({"stream", "list", "-o", "json"});
  ASSERT_EQ(expected.code, 0) << expected.err;
  const std::vector<std::vector<std::string>> orders{{"-o", "json", "stream", "list"},
                                                     {"stream", "-o", "json", "list"},
                                                     {"stream", "list", "--output=json"},
                                                     {"-ojson", "-q", "stream", "list"}};
  for (const auto& args : orders) EXPECT_EQ(weir.run(args).out, expected.out) << testing::PrintToString(args);
}

TEST(CommandLine, TakesNamesThatAreAlsoCommands) {
  command_harness weir;
  const auto done = weir.run({"task", "enqueue", "status", "-o", "json"});
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.json()["name"], "status");
  EXPECT_EQ(weir.run({"task", "enqueue", "list", "--data", "{}"}).code, 0);
  EXPECT_EQ(weir.run({"task", "enqueue", "x", "--data", "[1,2]"}).code, 0);
}

TEST(Schema, IsCheckedBeforeAnythingElse) {
  command_harness weir;
  weir.world.state = schema_state{0, 3, {"0001", "0002", "0003"}};
  auto done = weir.run({"status"});
  EXPECT_EQ(done.code, 78);
  EXPECT_THAT(done.err, HasSubstr("run `weir db migrate`"));
  weir.world.state = schema_state{4, 3, {}};
  done = weir.run({"task", "enqueue", "mail"});
  EXPECT_EQ(done.code, 78);
  EXPECT_THAT(done.err, HasSubstr("newer than this program"));
  weir.world.state = schema_state{4, 3, {}, true};
  EXPECT_EQ(weir.run({"task", "enqueue", "mail"}).code, 0) << "while a cluster is upgraded";
  weir.world.state = error{errc::unavailable, "no database there"};
  done = weir.run({"status"});
  EXPECT_EQ(done.code, 4);
  EXPECT_EQ(done.err, "weir: error: no database there\n");
}

TEST(DbCommands, MigrateAndSayTheVersion) {
  command_harness weir;
  weir.world.state = schema_state{1, 3, {"0002_streams", "0003_tasks"}};
  auto done = weir.run({"db", "status"});
  EXPECT_EQ(done.code, 78);
  EXPECT_EQ(done.out, "schema version 1, this program wants 3\npending  0002_streams\npending  0003_tasks\n");
  done = weir.run({"db", "migrate"});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.err, HasSubstr("applied 0002_streams"));
  done = weir.run({"db", "status", "-o", "ndjson"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out, "{\"current\":3,\"wanted\":3,\"pending\":[]}\n");
}

TEST(ConfigCommands, PrintEveryMistake) {
  command_harness weir;
  weir.environment["WEIR_CLUSTER__TTL"] = "soon";
  weir.environment["WEIR_NODE__WEIGHT"] = "-1";
  for (const auto& args :
       {std::vector<std::string>{"config", "check"}, {"config", "show"}, {"status"}, {"run"}}) {
    const auto done = weir.run(args);
    EXPECT_EQ(done.code, 78) << testing::PrintToString(args);
    EXPECT_THAT(done.err, HasSubstr("WEIR_CLUSTER__TTL")) << testing::PrintToString(args);
    EXPECT_THAT(done.err, HasSubstr("WEIR_NODE__WEIGHT")) << testing::PrintToString(args);
  }
  const auto done = weir.run({"config", "check", "-o", "json"});
  EXPECT_EQ(done.json()["mistakes"].size(), 2U);
}

TEST(ConfigCommands, ShowMasksPasswords) {
  command_harness weir;
  for (const auto& args :
       {std::vector<std::string>{"config", "show"}, {"config", "show", "--origin", "-o", "json"}}) {
    auto with_url = args;
    with_url.insert(with_url.end(), {"--url", "postgres://app:hunter2@db/app"});
    const auto done = weir.run(with_url);
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_THAT(done.out, HasSubstr("db/app"));
    EXPECT_THAT(done.out, Not(HasSubstr("hunter2")));
  }
}

TEST(VersionCommand, PrintsTheVersion) {
  command_harness weir;
  EXPECT_EQ(weir.run({"version"}).out, "weir " WEIR_VERSION "\n");
  EXPECT_EQ(weir.run({"--version"}).out, "weir " WEIR_VERSION "\n");
  EXPECT_EQ(weir.run({"version", "-o", "json"}).json()["version"], WEIR_VERSION);
}

TEST(RunCommand, HandsTheConfigurationToTheNode) {
  command_harness weir;
  weir.world.state = error{errc::unavailable, "a runner process has no database"};
  const auto done = weir.run({"run", "--node-name", "n7", "--url", "postgres://x/y"});
  EXPECT_EQ(done.code, 0) << done.err;
  ASSERT_TRUE(weir.world.ran);
  EXPECT_EQ(weir.world.ran->node.name, "n7");
  EXPECT_EQ(weir.world.ran->database.url, "postgres://x/y");
}

TEST(RunCommand, KnowsItsTwoOtherWays) {
  command_harness weir;
  EXPECT_EQ(weir.run({"run", "--once"}).code, 0);
  EXPECT_TRUE(weir.world.ran && weir.world.ran_once);
  weir.world.ran.reset();
  EXPECT_EQ(weir.run({"run", "--supervise", "--node-name", "n7"}).code, 5) << "as the node's process says";
  EXPECT_FALSE(weir.world.ran);
  ASSERT_TRUE(weir.world.supervised);
  EXPECT_EQ(weir.world.supervised->node.name, "n7");
  const auto help = weir.run({"run", "--help"}).out;
  EXPECT_THAT(help, HasSubstr("what other nodes own is theirs"));
  EXPECT_THAT(help, HasSubstr("10 crashes"));
}

TEST(StreamCommands, CreateShowSetAndRefuse) {
  command_harness weir;
  auto done = weir.run({"stream", "create", "partner", "--mode", "single", "-o", "json"});
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.json()["mode"], "single");
  EXPECT_EQ(done.json()["partitions"].size(), 1U);
  EXPECT_EQ(done.json()["isolation"], "process");
  EXPECT_EQ(done.json()["paused"], false);

  EXPECT_EQ(weir.run({"stream", "create", "partner", "--mode", "parallel"}).code, 5) << "exists and differs";
  EXPECT_EQ(weir.run({"stream", "set", "partner", "concurrency=4"}).code, 0);
  EXPECT_EQ(weir.run({"stream", "show", "partner", "-o", "json"}).json()["concurrency"], 4);

  ASSERT_EQ(weir.run({"task", "enqueue", "customer_update", "--stream", "partner"}).code, 0);
  EXPECT_EQ(weir.run({"stream", "set", "partner", "mode=parallel"}).code, 5) << "unfinished tasks";

  done = weir.run({"stream", "show", "partnr"});
  EXPECT_EQ(done.code, 3);
  EXPECT_THAT(done.err, HasSubstr("did you mean 'partner'"));
  EXPECT_EQ(weir.run({"stream", "set", "nowhere", "concurrency=4"}).code, 3);
}

TEST(StreamCommands, SetSaysWhatASingleStreamLoses) {
  command_harness weir;
  ASSERT_EQ(weir.run({"stream", "create", "ledger", "--mode", "single"}).code, 0);
  auto done = weir.run({"stream", "set", "ledger", "concurrency=4"});
  EXPECT_EQ(done.code, 0) << "it is allowed";
  EXPECT_THAT(done.err,
              HasSubstr("warning: stream ledger is single, and up to 4 tasks of it will run at once"));
  EXPECT_THAT(done.err, HasSubstr("count where a node takes the stream next: weir stream move ledger NODE"));
  EXPECT_THAT(weir.run({"stream", "set", "ledger", "isolation=thread"}).err,
              HasSubstr("in the node's own process"));
  EXPECT_THAT(weir.run({"stream", "set", "ledger", "concurrency=1"}).err, Not(HasSubstr("warning")));
  EXPECT_THAT(weir.run({"stream", "set", "ledger", "rate=10/s"}).err,
              Not(HasSubstr("takes the stream next")));
  ASSERT_EQ(weir.run({"stream", "create", "mail", "--mode", "parallel"}).code, 0);
  done = weir.run({"stream", "set", "mail", "concurrency=4"});
  EXPECT_THAT(done.err, Not(HasSubstr("warning")));
  EXPECT_THAT(done.err, HasSubstr("restart the nodes that have it now"));
}

TEST(StreamCommands, PinPauseAndBack) {
  command_harness weir;
  weir.add_node("n1");
  auto done = weir.run({"stream", "pin", "default", "n1", "--policy", "prefer", "-o", "json"});
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.json()["pin"], "n1");
  EXPECT_EQ(done.json()["pin_policy"], "prefer");
  EXPECT_THAT(done.err, Not(HasSubstr("warning")));

  done = weir.run({"stream", "pin", "default", "n9"});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.err, HasSubstr("warning: node n9 was never seen"));
  EXPECT_THAT(done.err, HasSubstr("pinned to node n9 (prefer: runs elsewhere while it is away)"))
      << "an earlier pin's policy holds, and is said";
  EXPECT_THAT(weir.run({"status"}).out,
              HasSubstr("was never seen: it runs elsewhere meanwhile, as its policy is prefer"));
  done = weir.run({"stream", "pin", "default", "n1", "--policy", "strict"});
  EXPECT_THAT(done.err, HasSubstr("stream default is pinned to node n1 (strict: waits while it is away)"));
  EXPECT_TRUE(weir.run({"stream", "unpin", "default", "-o", "json"}).json()["pin"].is_null());

  EXPECT_EQ(weir.run({"stream", "pause", "default", "-o", "json"}).json()["paused"], true);
  EXPECT_EQ(weir.run({"stream", "pause", "default", "--until", "2027-01-01T00:00:00+13:00", "-o", "json"})
                .json()["paused"],
            "2026-12-31T11:00:00.000000Z");
  EXPECT_EQ(weir.run({"stream", "resume", "default", "-o", "json"}).json()["paused"], false);
  EXPECT_EQ(weir.run({"stream", "pause", "elsewhere"}).code, 3);
}

TEST(StreamCommands, DeleteSaysHowManyTasksAreUnfinished) {
  command_harness weir;
  ASSERT_EQ(weir.run({"stream", "create", "partner", "--mode", "single"}).code, 0);
  ASSERT_EQ(weir.run({"task", "enqueue", "x", "--stream", "partner"}).code, 0);
  auto done = weir.run({"stream", "delete", "partner"});
  EXPECT_EQ(done.code, 5);
  EXPECT_THAT(done.err, HasSubstr("1 unfinished task"));
  ASSERT_EQ(weir.run({"stream", "create", "mail", "--mode", "parallel"}).code, 0);
  done = weir.run({"stream", "delete", "mail", "-o", "json"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.json()["deleted"], true);
  EXPECT_EQ(weir.run({"stream", "show", "mail"}).code, 3);
  done = weir.run({"stream", "delete", "partnr"});
  EXPECT_EQ(done.code, 3);
  EXPECT_THAT(done.err, HasSubstr("did you mean 'partner'"));
  EXPECT_EQ(weir.run({"stream", "delete", "default"}).code, 5);
}

TEST(StreamCommands, DeleteWarnsOfNodesThatPerformItsTasks) {
  command_harness weir;
  const auto n1 = weir.add_node("n1", {"book", "other"});
  weir.add_node("n2", {"book"});
  weir.add_node("n3", {"other"});
  declarations wanted;
  for (const char* stream : {"ledger", "unused"}) {
    wanted.streams.emplace_back();
    wanted.streams.back().name = stream;
    wanted.streams.back().mode = stream_mode::single;
  }
  wanted.routes = {{"book", "ledger"}, {"gone", "unused"}};
  ASSERT_TRUE(weir.node_driver()->open_coordination()->declare(n1, wanted).ok());
  const auto done = weir.run({"stream", "delete", "ledger"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.err,
              HasSubstr("warning: n1, n2 perform book, whose tasks go to stream default from now on"));
  EXPECT_THAT(done.err,
              HasSubstr("take stream ledger and its actions from their configuration, or stop them"));
  EXPECT_THAT(weir.run({"stream", "delete", "unused"}).err, Not(HasSubstr("warning")));
}

TEST(StreamCommands, MoveWritesTheWish) {
  command_harness weir;
  for (const auto* name : {"n1", "n2"}) {
    const auto id = weir.add_node(name);
    ASSERT_TRUE(weir.node_driver()->open_coordination()->declare(id, {}).ok());
  }
  ASSERT_EQ(weir.run({"stream", "create", "partner", "--mode", "single"}).code, 0);
  const auto wish = [&] {
    const auto rows = weir.node_driver()->open_console()->rows();
    return rows->partitions.back().assigned_to;
  };
  for (const auto* to : {"n2", "n1"}) {
    const auto done = weir.run({"stream", "move", "partner", to, "-o", "json"});
    ASSERT_EQ(done.code, 0) << done.err;
    EXPECT_EQ(done.json()["name"], "partner");
    EXPECT_THAT(done.err, HasSubstr(std::string{"to node "} + to));
    EXPECT_EQ(wish(), to);
  }
  EXPECT_THAT(weir.run({"stream", "move", "partner", "n1"}).err, HasSubstr("already"));
  EXPECT_EQ(weir.run({"stream", "move", "default", "n1"}).code, 2) << "which of its partitions?";
  EXPECT_EQ(weir.run({"stream", "move", "partner", "n9"}).code, 3);
  ASSERT_EQ(weir.run({"stream", "pin", "partner", "n1"}).code, 0);
  EXPECT_EQ(weir.run({"stream", "move", "partner", "n2"}).code, 5);
}

TEST(NodeCommands, ListShowDrain) {
  command_harness weir;
  const auto id = weir.add_node("n1", {"mail"});
  auto done = weir.run({"node", "list", "-o", "json"});
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.json()["items"][0]["name"], "n1");
  EXPECT_EQ(done.json()["items"][0]["node_id"], std::to_string(id));
  EXPECT_TRUE(done.json()["next"].is_null());
  EXPECT_EQ(weir.run({"node", "show", "n1", "-o", "json"}).json()["actions"][0], "mail");
  EXPECT_EQ(weir.run({"node", "show", "n1"}).code, 0);
  EXPECT_EQ(weir.run({"node", "show", "n3"}).code, 3);
  EXPECT_EQ(weir.run({"node", "drain", "n3"}).code, 3);

  done = weir.run({"node", "drain", "n1", "--wait=300ms"});
  EXPECT_EQ(done.code, 124) << "nobody drained it";
  EXPECT_TRUE(weir.run({"node", "show", "n1", "-o", "json"}).json()["drain_wanted"]);

  const auto session = weir.node_driver();
  weir.on_pause = [&](int) { ASSERT_TRUE(session->open_membership()->set_state(id, node_state::draining)); };
  done = weir.run({"node", "drain", "n1", "--wait"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, "node n1 is drained: nothing is left there\n");
  EXPECT_FALSE(weir.run({"node", "undrain", "n1", "-o", "json"}).json()["drain_wanted"]);
}

TEST(LeaderCommands, ShowTheTermAndTheHistory) {
  command_harness weir;
  EXPECT_EQ(weir.run({"leader", "show", "-o", "ndjson"}).out, "null\n");
  const auto id = weir.add_node("n1");
  const auto session = weir.node_driver();
  const auto leadership = session->open_leadership();
  const auto term = leadership->try_lead(id);
  ASSERT_TRUE(term && *term);
  auto done = weir.run({"leader", "show", "-o", "json"});
  EXPECT_EQ(done.json()["node"], "n1");
  EXPECT_EQ(done.json()["node_id"], std::to_string(id));
  EXPECT_EQ(done.json()["since"], "2026-11-22T19:26:03.250000Z");
  ASSERT_TRUE(leadership->resign(id, **term, "drained"));
  done = weir.run({"leader", "history", "-o", "json"});
  ASSERT_EQ(done.json()["items"].size(), 1U);
  EXPECT_EQ(done.json()["items"][0]["reason"], "drained");
  EXPECT_EQ(weir.run({"leader", "history"}).code, 0);
}

TEST(LeaderCommands, ResignEndsTheTerm) {
  command_harness weir;
  auto done = weir.run({"leader", "resign"});
  EXPECT_EQ(done.code, 3);
  EXPECT_THAT(done.err, HasSubstr("no node leads"));
  const auto id = weir.add_node("n1");
  const auto session = weir.node_driver();
  const auto leadership = session->open_leadership();
  ASSERT_TRUE(leadership->try_lead(id).ok());
  done = weir.run({"leader", "resign", "-o", "json"});
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.json()["node"], "n1");
  EXPECT_EQ(done.json()["reason"], "resigned");
  EXPECT_EQ(weir.run({"leader", "show", "-o", "ndjson"}).out, "null\n");
}

}  // namespace
}  // namespace weir::app
