// What a good configuration becomes.
#include "support.hpp"

namespace weir::config::testing {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(AcceptedConfiguration, IsCompleteWithoutAnyFile) {
  const scratch_folder folder;
  const auto answer = load(sources_in(folder));
  ASSERT_EQ(describe(answer.mistakes), "");
  const auto& config = answer.config;
  EXPECT_EQ(config.database.url, "");
  EXPECT_EQ(config.database.schema, "weir");
  EXPECT_EQ(config.cluster.ttl, seconds{6});
  EXPECT_EQ(config.node.name, "host-1");
  EXPECT_EQ(config.node.listen, "127.0.0.1:0");
  EXPECT_EQ(config.node.state_dir, "/users/someone/.local/state/weir/host-1");
  EXPECT_TRUE(config.streams.empty());
  EXPECT_TRUE(config.notes.empty());
  EXPECT_EQ(config.file, "");
}

TEST(AcceptedConfiguration, FillsEveryFixedSection) {
  const auto config = accepted(R"(
[database]
url = "postgres://app@db/app"
direct_url = "host=db dbname=app"
schema = "w"
message_queue = ""
[cluster]
ttl = "9s"
beat = "500ms"
margin = "2s"
[node]
name = "n1"
state_dir = "state"
labels = { zone = "a", "rack no" = "7" }
weight = 0
leader_eligible = false
drain_timeout = "1m30s"
[log]
level = "debug"
format = "json"
[trace]
url = "https://collector.example/v1/traces"
headers = { X-Tenant = "blue" }
percent = 5
join = true
queue = 100
[limits]
payload = "64KiB"
)");
  EXPECT_EQ(config.database.url, "postgres://app@db/app");
  EXPECT_EQ(config.database.direct_url, "host=db dbname=app");
  EXPECT_EQ(config.database.schema, "w");
  EXPECT_EQ(config.database.message_queue, "");
  EXPECT_EQ(config.cluster.ttl, seconds{9});
  EXPECT_EQ(config.cluster.beat, milliseconds{500});
  EXPECT_EQ(config.cluster.margin, seconds{2});
  EXPECT_EQ(config.node.name, "n1");
  EXPECT_EQ(config.node.labels, (std::map<std::string, std::string>{{"rack no", "7"}, {"zone", "a"}}));
  EXPECT_EQ(config.node.weight, 0);
  EXPECT_FALSE(config.node.leader_eligible);
  EXPECT_EQ(config.node.drain_timeout, seconds{90});
  EXPECT_EQ(config.log.level, "debug");
  EXPECT_EQ(config.log.format, "json");
  EXPECT_EQ(config.trace.url, "https://collector.example/v1/traces");
  EXPECT_EQ(config.trace.headers.at("X-Tenant"), "blue");
  EXPECT_EQ(config.trace.percent, 5);
  EXPECT_TRUE(config.trace.join);
  EXPECT_EQ(config.trace.queue, 100);
  EXPECT_EQ(config.limits.payload, 65536U);
  EXPECT_EQ(config.file, "weir.toml");
}

TEST(AcceptedConfiguration, GivesSingleStreamsAProcessAndParallelOnesThreads) {
  const auto config = accepted(R"(
[stream.one]
mode = "single"
pin = "n2"
pin_policy = "prefer"
[stream.many]
mode = "parallel"
[stream.tuned]
mode = "parallel"
partitions = 4
concurrency = 32
isolation = "process"
handover_delay = "3s"
async_finish = true
notify = true
rate = "90/m"
breaker = { failures = 5, pause = "30s" }
[stream.default]
concurrency = 2
)");
  ASSERT_EQ(config.streams.size(), 4U);  // by name
  const auto& [fallback, many, one, tuned] =
      std::tie(config.streams[0], config.streams[1], config.streams[2], config.streams[3]);
  EXPECT_EQ(fallback.name, "default");
  EXPECT_EQ(fallback.mode, stream_mode::parallel);
  EXPECT_EQ(fallback.concurrency, 2);
  EXPECT_EQ(one.name, "one");
  EXPECT_EQ(one.mode, stream_mode::single);
  EXPECT_EQ(one.partitions, 1);
  EXPECT_EQ(one.concurrency, 1);
  EXPECT_EQ(one.where, isolation::process);
  EXPECT_EQ(one.pin, "n2");
  EXPECT_EQ(one.policy, pin_policy::prefer);
  EXPECT_EQ(many.partitions, 16);
  EXPECT_EQ(many.concurrency, 16);
  EXPECT_EQ(many.where, isolation::thread);
  EXPECT_EQ(many.pin, std::nullopt);
  EXPECT_EQ(tuned.partitions, 4);
  EXPECT_EQ(tuned.concurrency, 32);
  EXPECT_EQ(tuned.where, isolation::process);
  EXPECT_EQ(tuned.handover_delay, seconds{3});
  EXPECT_TRUE(tuned.async_finish);
  EXPECT_TRUE(tuned.notify);
  EXPECT_EQ(tuned.rate.starts, 90);
  EXPECT_EQ(tuned.rate.interval, std::chrono::minutes{1});
  EXPECT_EQ(tuned.breaker.failures, 5);
  EXPECT_EQ(tuned.breaker.pause, seconds{30});
  EXPECT_EQ(many.rate.starts, 0) << "no limit";
  EXPECT_EQ(many.breaker.failures, 0) << "never";
}

TEST(AcceptedConfiguration, StartsCommandsAndPathsAtTheFilesFolder) {
  const scratch_folder folder;
  const auto file = folder.write("etc/weir.toml", R"(
[node]
state_dir = "../state"
[action.near]
type = "exec"
command = ["./bin/run", "./untouched"]
[action.found]
type = "exec"
command = ["python3", "x.py"]
[action.absolute]
type = "exec"
command = ["/bin/true"]
)");
  auto from = sources_in(folder);
  from.file = "etc/weir.toml";
  const auto answer = load(from);
  ASSERT_EQ(describe(answer.mistakes), "");
  const auto& config = answer.config;
  EXPECT_EQ(config.node.state_dir, folder.path() + "/state");
  ASSERT_EQ(config.actions.size(), 3U);
  EXPECT_EQ(config.actions[0].command, (std::vector<std::string>{"/bin/true"}));
  EXPECT_EQ(config.actions[1].command, (std::vector<std::string>{"python3", "x.py"}));
  EXPECT_EQ(config.actions[2].command,
            (std::vector<std::string>{folder.path() + "/etc/bin/run", "./untouched"}));
  EXPECT_EQ(config.actions[2].directory, folder.path() + "/etc");
}

TEST(AcceptedConfiguration, ReadsEveryShapeOfRetry) {
  const auto config = accepted(R"(
[action.a]
type = "noop"
[action.b]
type = "noop"
retry = { every = "1m", max_attempts = 20 }
[action.c]
type = "noop"
retry = { backoff = ["1m", "10m", "1h"] }
[action.d]
type = "noop"
retry = { exponential = "2s", max = "30m", max_attempts = 0 }
[action.e]
type = "noop"
max_crashes = 5
timeout = "2m"
stream = "elsewhere"
[action.e.retry]
exponential = "2h"
)");
  ASSERT_EQ(config.actions.size(), 5U);
  const auto retry = [&](std::size_t i) { return config.actions[i].options.retry; };
  using shape = retry_policy::shape;
  EXPECT_EQ(retry(0).kind, shape::exponential);
  EXPECT_EQ(retry(0).delays, std::vector<milliseconds>{seconds{1}});
  EXPECT_EQ(retry(0).max, seconds{3600});
  EXPECT_EQ(retry(0).max_attempts, 25);
  EXPECT_EQ(retry(1).kind, shape::fixed);
  EXPECT_EQ(retry(1).delays, std::vector<milliseconds>{minutes{1}});
  EXPECT_EQ(retry(1).max_attempts, 20);
  EXPECT_EQ(retry(2).kind, shape::list);
  EXPECT_EQ(retry(2).delays, (std::vector<milliseconds>{minutes{1}, minutes{10}, minutes{60}}));
  EXPECT_EQ(retry(3).max, minutes{30});
  EXPECT_EQ(retry(3).max_attempts, 0);
  EXPECT_EQ(retry(4).max, std::chrono::hours{2}) << "a long first delay moves the default's end with it";
  const auto& last = config.actions[4].options;
  EXPECT_EQ(last.stream, "elsewhere");
  EXPECT_EQ(last.timeout, minutes{2});
  EXPECT_EQ(last.max_crashes, 5);
}

TEST(AcceptedConfiguration, SaysInNotesWhatIsNotServedYet) {
  const auto config = accepted(R"(
[node]
listen = "0.0.0.0:7700"
[tls]
cert = "c"
key = "k"
ca = "a"
[http]
listen = "127.0.0.1:7711"
[stream.s]
mode = "single"
on_deadline = "cancel"
[action.push]
type = "http"
url = "https://partner.example/hook"
)");
  EXPECT_EQ(config.notes, (std::vector<std::string>{
                              "stream.s.on_deadline is validated and not yet served",
                          }));
  EXPECT_EQ(config.stream_settings.at("s").at("on_deadline"), "cancel");
}

TEST(AcceptedConfiguration, SaysHowLongEndedTasksAreKept) {
  const auto config = accepted(R"(
[retention]
done = "7d"
failed = "30d"
cancelled = "7d"
[stream.audit]
mode = "parallel"
retention = { done = "365d" }
)");
  EXPECT_EQ(config.retention.done, std::chrono::hours{168});
  EXPECT_EQ(config.retention.failed, std::chrono::hours{720});
  EXPECT_EQ(config.retention.cancelled, std::chrono::hours{168});
  EXPECT_EQ(config.stream_settings.at("audit"),
            (std::map<std::string, std::string>{{"retention.done", "365d"}}));
  EXPECT_TRUE(config.notes.empty());
  EXPECT_FALSE(accepted("").retention.done) << "kept for ever";
}

TEST(AcceptedConfiguration, MakesSchedules) {
  const auto config = accepted(R"(
[schedule.nightly]
task = "price_pull"
cron = "0 2 * * mon-fri"
zone = "Pacific/Auckland"
missed = "all"
key = "prices"
data = { full = true }
[schedule.poll]
task = "poll"
every = "15m"
[schedule.report]
task = "report"
cron = "@daily"
data = '{"n": 12345678901234567890}'
)");
  ASSERT_EQ(config.schedules.size(), 3U);  // by name
  const auto& [nightly, poll, report] =
      std::tie(config.schedules[0], config.schedules[1], config.schedules[2]);
  EXPECT_EQ(nightly.name, "nightly");
  EXPECT_EQ(nightly.task, "price_pull");
  EXPECT_EQ(nightly.cron, "0 2 * * mon-fri");
  EXPECT_EQ(nightly.zone, "Pacific/Auckland");
  EXPECT_EQ(nightly.missed, missed_policy::all);
  EXPECT_EQ(nightly.key, "prices");
  EXPECT_EQ(nightly.data, R"({"full":true})");
  EXPECT_EQ(poll.every, minutes{15});
  EXPECT_EQ(poll.cron, "");
  EXPECT_EQ(poll.zone, "UTC");
  EXPECT_EQ(poll.missed, missed_policy::once);
  EXPECT_EQ(poll.key, std::nullopt);
  EXPECT_EQ(poll.data, "{}");
  EXPECT_EQ(report.zone, "UTC");
  EXPECT_EQ(report.data, R"({"n": 12345678901234567890})");
  EXPECT_TRUE(config.notes.empty());
}

TEST(AcceptedConfiguration, TakesTheKeyOfTheMailServiceFromTheEnvironment) {
  using map = std::map<std::string, std::string>;
  const std::string file = "[action.mail]\ntype = 'email'\n";
  EXPECT_EQ(accepted(file, {{"WEIR_ACTION__MAIL__API_KEY", "SG.abc"}}).actions.at(0).settings,
            (map{{"api_key", "SG.abc"}}));
  const scratch_folder folder;
  folder.write("mail-key", "SG.def\n");
  EXPECT_EQ(accepted(file, {{"WEIR_ACTION__MAIL__API_KEY_FILE", folder.path() + "/mail-key"}})
                .actions.at(0)
                .settings,
            (map{{"api_key", "SG.def"}}));
}

TEST(AcceptedConfiguration, KeepsKeysOfLaterActionsAsText) {
  const scratch_folder folder;
  folder.write("mail-key", "  SG.abc\n");
  folder.write("push-token", "Bearer xyz\n");
  folder.write("weir.toml", R"(
[action.push]
type = "http"
url = "https://partner.example/hook"
headers = { x = "y", Authorization_file = "push-token" }
[action.mail]
type = "email"
api_key_file = "mail-key"
bcc = "a@example.org"
[action.customers]
type = "cdc"
controller = "4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e"
query = """
select 1
"""
limit = 5
)");
  const auto answer = load(sources_in(folder));
  ASSERT_EQ(describe(answer.mistakes), "");
  ASSERT_EQ(answer.config.actions.size(), 3U);
  using map = std::map<std::string, std::string>;
  EXPECT_EQ(
      answer.config.actions[0].settings,
      (map{{"controller", "4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e"}, {"limit", "5"}, {"query", "select 1\n"}}));
  EXPECT_EQ(answer.config.actions[1].settings, (map{{"api_key", "SG.abc"}, {"bcc", "a@example.org"}}));
  EXPECT_EQ(answer.config.actions[2].settings, (map{{"headers.Authorization", "Bearer xyz"},
                                                    {"headers.x", "y"},
                                                    {"url", "https://partner.example/hook"}}));
}

TEST(AcceptedConfiguration, TakesEmptyFilesAndEmptySections) {
  EXPECT_TRUE(accepted("").streams.empty());
  EXPECT_EQ(accepted("\xEF\xBB\xBF[log]\n[http]\n[tls]\n").log.level, "info");
}

TEST(AcceptedConfiguration, PutsTheStateFolderWhereItBelongs) {
  const scratch_folder folder;
  auto from = sources_in(folder, {{"XDG_STATE_HOME", "/xdg"}}, {{"node.name", "../a b"}});
  EXPECT_EQ(load(from).config.node.state_dir, "/xdg/weir/%2E.%2Fa%20b");
  from.environment = {{"XDG_STATE_HOME", "relative counts as none"}};
  EXPECT_EQ(load(from).config.node.state_dir, "/users/someone/.local/state/weir/%2E.%2Fa%20b");
  from.root = true;
  EXPECT_EQ(load(from).config.node.state_dir, "/var/lib/weir/%2E.%2Fa%20b");
}

TEST(AcceptedConfiguration, TakesTheExampleFile) {
  auto from = sources_in(scratch_folder{});
  from.file = WEIR_REPOSITORY "/config/weir.example.toml";
  const auto answer = load(from);
  EXPECT_EQ(describe(answer.mistakes), "");
  EXPECT_EQ(answer.config.streams.size(), 2U);
}

// Every key that the example shows commented out is one that may be uncommented.
TEST(AcceptedConfiguration, TakesTheExampleFileWithEverythingUncommented) {
  std::ifstream in{WEIR_REPOSITORY "/config/weir.example.toml"};
  const scratch_folder folder;
  std::string text, line;
  bool intro = true;
  while (std::getline(in, line)) {
    intro = intro && !line.empty();
    const bool sentence = line.rfind("# The ", 0) == 0;
    if (line.rfind("# ", 0) == 0 && !intro && !sentence) line.erase(0, 2);
    // Of a secret and its twin only one may stand.
    if (line.rfind("url_file", 0) == 0) line.insert(0, "# ");
    text += line + "\n";
  }
  ASSERT_NE(text.find("\n[schedule.nightly]"), std::string::npos);
  folder.write("weir.toml", text);
  folder.write("sendgrid-key", "SG.x");
  folder.write("push-token", "Bearer x");
  const auto answer = load(sources_in(folder));
  EXPECT_EQ(describe(answer.mistakes), "");
  EXPECT_EQ(answer.config.actions.size(), 5U);
  EXPECT_EQ(answer.config.schedules.at(0).data, R"({"full":true})");
}

}  // namespace weir::config::testing
