// Rules between keys.
#include <gmock/gmock.h>

#include "support.hpp"

namespace weir::config::testing {

struct rule_case {
  const char* name;
  const char* text;
  const char* mistake;  // "" = accepted; else the whole of the only one
};

void PrintTo(const rule_case& each, std::ostream* out) { *out << each.name; }

class RuleBetweenKeys : public ::testing::TestWithParam<rule_case> {};

TEST_P(RuleBetweenKeys, HoldsOrSaysWhy) {
  const std::string mistake = GetParam().mistake;
  EXPECT_EQ(describe(load_text(GetParam().text).mistakes), mistake.empty() ? "" : mistake + "\n");
}

const rule_case cases[] = {
    {"TtlOfThreeBeats", "[cluster]\nttl = '3s'\n", ""},
    {"TtlBelowThreeBeats", "[cluster]\nttl = '2900ms'\n",
     "weir.toml:2:7: error: cluster.ttl (2900ms) must be at least three beats of 1s: one lost beat must not "
     "look like a "
     "dead node (set ttl to 3s or more, or beat less often than every 966ms)"},
    {"MarginAsLongAsTheRest", "[cluster]\nmargin = '5s'\n",
     "weir.toml:2:10: error: cluster.margin (5s) must be less than ttl - beat (5s): a node would give up its "
     "work "
     "between two good beats (lower margin or raise ttl)"},
    {"MarginBelowDrift", "[cluster]\nttl = '10m'\n",
     "weir.toml:2:7: error: cluster.margin (1s) is too small for a ttl of 10m: clocks may drift by more than "
     "it covers "
     "(set margin to 1200ms or more)"},
    {"QuickCluster", "[cluster]\nttl = '600ms'\nbeat = '100ms'\nmargin = '100ms'\n", ""},

    {"LinkOnLoopback", "[node]\nlisten = '127.0.0.1:0'\n", ""},
    {"LinkOnLoopbackOfIpv6", "[node]\nlisten = '[::1]:7700'\n", ""},
    {"LinkReachable", "[node]\nlisten = '0.0.0.0:7700'\n",
     "weir.toml:2:10: error: 'node.listen' is reachable from other machines (\"0.0.0.0:7700\") and needs "
     "[tls] with "
     "cert, key and ca (or listen on 127.0.0.1)"},
    {"LinkOnNameThatLooksLikeLoopback", "[node]\nlisten = '127.0.0.1.example.org:7700'\n",
     "weir.toml:2:10: error: 'node.listen' is reachable from other machines (\"127.0.0.1.example.org:7700\") "
     "and needs "
     "[tls] with cert, key and ca (or listen on 127.0.0.1)"},
    {"LinkReachableWithTls", "[node]\nlisten = '0.0.0.0:7700'\n[tls]\ncert = 'c'\nkey = 'k'\nca = 'a'\n", ""},
    {"PartOfTls", "[tls]\ncert = 'c'\nkey = 'k'\n",
     "weir.toml:1:2: error: 'tls.ca' is missing: [tls] needs cert, key and ca"},
    {"HttpReachable", "[http]\nlisten = 'web.example:80'\n",
     "weir.toml:2:10: error: 'http.listen' is reachable from other machines (\"web.example:80\") and needs "
     "'tokens_file' (or listen on 127.0.0.1)"},
    {"HttpReachableWithTokens", "[http]\nlisten = '[::]:80'\ntokens_file = 't'\n", ""},
    {"HttpOnTheLinksPort", "[node]\nlisten = '127.0.0.1:80'\n[http]\nlisten = '127.0.0.1:80'\n",
     "weir.toml:4:10: error: 'http.listen' is the same address as 'node.listen': give them different ports"},
    {"BasePath", "[http]\nbase_path = 'weir'\n",
     "weir.toml:2:13: error: 'http.base_path' must start with '/', and hold no blank, '?' or '#', not "
     "\"weir\""},

    {"SchemaOfPostgres", "[database]\nschema = 'pg_x'\n",
     "weir.toml:2:10: error: 'database.schema' must not be \"pg_x\": PostgreSQL keeps that name for itself"},
    {"SchemaTooLong",
     "[database]\nschema = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'\n",
     "weir.toml:2:10: error: 'database.schema' has 64 bytes; PostgreSQL takes names of up to 63"},

    {"StreamWithoutMode", "[log]\n[stream.x]\nconcurrency = 3\n",
     "weir.toml:2:9: error: 'stream.x' needs mode = \"single\" or \"parallel\""},
    {"StreamWithWrongModeIsOneMistake", "[stream.x]\nmode = 'singel'\n",
     "weir.toml:2:8: error: 'stream.x.mode' must be \"single\" or \"parallel\", not \"singel\" (did you mean "
     "'single'?)"},
    {"SingleWithPartitions", "[stream.x]\nmode = 'single'\npartitions = 2\n",
     "weir.toml:3:14: error: 'stream.x.partitions' must be 1: a single stream has one partition (remove the "
     "key, or "
     "use mode = \"parallel\")"},
    {"SingleWithOnePartition", "[stream.x]\nmode = 'single'\npartitions = 1\n", ""},
    {"StreamName", "[stream.\"a\\tb\"]\nmode = 'single'\n",
     "weir.toml:1:9: error: stream \"a\\tb\" has the control character U+0009 at character 2: leave it out"},
    {"StreamNameWithDotsAndBlanks", "[stream.\"a. b\"]\nmode = 'single'\n", ""},

    {"ActionWithoutType", "[action.a]\n",
     "weir.toml:1:9: error: 'action.a' needs type = \"exec\", \"http\", \"email\", \"cdc\" or \"noop\""},
    {"ExecWithoutCommand", "[action.a]\ntype = 'exec'\n",
     "weir.toml:1:9: error: 'action.a' is of type exec and needs command = [\"./program\", \"argument\"]"},
    {"HttpWithoutUrl", "[action.a]\ntype = 'http'\n",
     "weir.toml:1:9: error: 'action.a' is of type http and needs url = \"https://...\""},
    {"EmailWithoutKey", "[action.a]\ntype = 'email'\n",
     "weir.toml:1:9: error: 'action.a' is of type email and needs api_key_file = \"...\" (or api_key)"},
    {"CdcWithStream",
     "[action.a]\ntype = 'cdc'\ncontroller = '4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e'\nquery = 'x'\nstream = "
     "'s'\n",
     "weir.toml:5:1: error: 'action.a.stream' is not for actions of type cdc: their stream is their "
     "controller"},
    {"CdcWithAnothersController",
     "[action.a]\ntype = 'cdc'\ncontroller = '4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e'\nquery = 'x'\n"
     "[action.b]\ntype = 'cdc'\ncontroller = '4F0C2F0E-8c5a-4f6e-9a51-1f2a3b4c5d6e'\nquery = 'y'\n",
     "weir.toml:7:14: error: 'action.b.controller' is the controller of 'action.a', too: give each its own "
     "uuid"},
    {"CdcWithParallelStream",
     "[stream.4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e]\nmode = 'parallel'\n"
     "[action.a]\ntype = 'cdc'\ncontroller = '4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e'\nquery = 'x'\n",
     "weir.toml:2:8: error: 'stream.4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e.mode' must be \"single\": it is the "
     "stream "
     "of 'action.a'"},
    {"CdcWithSingleStream",
     "[stream.4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e]\nmode = 'single'\npin = 'n1'\n"
     "[action.a]\ntype = 'cdc'\ncontroller = '4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e'\nquery = 'x'\n"
     "source_timeout = '1m'\nallow_empty = true\n",
     ""},
    {"CdcWithLongName",
     "[action.a2345678901234567890123456789012345678901234567890123456789]\ntype = 'cdc'\n"
     "controller = '4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e'\nquery = 'x'\n",
     "weir.toml:1:9: error: 'action.a2345678901234567890123456789012345678901234567890123456789' is too long "
     "for the "
     "tasks NAME.create, NAME.update and NAME.delete: use at most 57 characters"},
    {"KeyOfAnotherType", "[action.a]\ntype = 'noop'\nheaders.x = 'y'\n",
     "weir.toml:3:9: error: 'action.a.headers.x' is not for actions of type noop (only for http)"},
    {"ActionOfUnknownStream", "[action.a]\ntype = 'noop'\nstream = 'lives-in-the-database'\n", ""},
    {"TwoShapesOfRetry", "[action.a]\ntype = 'noop'\nretry = { every = '1m', backoff = ['1m'] }\n",
     "weir.toml:3:35: error: 'action.a.retry' has both 'every' and 'backoff': keep one of every, backoff, "
     "exponential"},
    {"MaxWithoutExponential", "[action.a]\ntype = 'noop'\nretry = { every = '1m', max = '1h' }\n",
     "weir.toml:3:31: error: 'action.a.retry.max' goes with exponential only, not with every"},
    {"MaxBelowFirst", "[action.a]\ntype = 'noop'\nretry = { exponential = '1m', max = '1s' }\n",
     "weir.toml:3:37: error: 'action.a.retry.max' (1s) must not be less than the first delay (1m)"},

    {"PauseOfNoBreaker", "[stream.s]\nmode = 'single'\nbreaker = { pause = '1m' }\n",
     "weir.toml:3:21: error: 'stream.s.breaker.pause' does nothing without breaker.failures: write breaker = "
     "{ "
     "failures = 5, pause = \"1m\" }, or remove it"},
    {"BreakerThatIsOff", "[stream.s]\nmode = 'single'\nbreaker = { failures = 0, pause = '1m' }\n", ""},
    {"ScheduleWithoutTime", "[schedule.s]\ntask = 't'\n",
     "weir.toml:1:11: error: 'schedule.s' needs cron = \"0 2 * * *\" or every = \"15m\""},
    {"ScheduleWithBothTimes", "[schedule.s]\ntask = 't'\ncron = '* * * * *'\nevery = '1m'\n",
     "weir.toml:4:9: error: 'schedule.s' has both 'cron' and 'every': keep one of them"},
    {"ScheduleWithoutTask", "[schedule.s]\nevery = '1m'\n",
     "weir.toml:1:11: error: 'schedule.s' needs task = \"...\", the name of the task to enqueue"},
    {"ZoneOfAnInterval", "[schedule.s]\ntask = 't'\nevery = '1m'\nzone = 'UTC'\n",
     "weir.toml:4:8: error: 'schedule.s' has 'zone' without 'cron': an interval has no time zone, so remove "
     "it"},
    {"ScheduleData", "[schedule.s]\ntask = 't'\nevery = '1m'\ndata = '{\"a\": [1, 2]}'\n", ""},
};

INSTANTIATE_TEST_SUITE_P(Table, RuleBetweenKeys, ::testing::ValuesIn(cases),
                         [](const auto& each) { return std::string{each.param.name}; });

TEST(RuleOfScheduleData, RefusesWhatIsNoJson) {
  const auto answer = load_text("[schedule.s]\ntask = 't'\nevery = '1m'\ndata = '{'\n");
  ASSERT_EQ(answer.mistakes.size(), 1U);
  EXPECT_EQ(answer.mistakes[0].where, "weir.toml:4:8");
  EXPECT_THAT(answer.mistakes[0].text, ::testing::StartsWith("'schedule.s.data': "));
}

TEST(RuleOfNodeName, RefusesAHostNameThatIsNone) {
  const scratch_folder folder;
  auto from = sources_in(folder);
  from.hostname = std::string(65, 'h');
  const auto answer = load(from);
  ASSERT_EQ(answer.mistakes.size(), 1U);
  EXPECT_THAT(answer.mistakes[0].text, ::testing::EndsWith("; set node.name instead"));
}

TEST(RuleOfStateDir, NeedsAHomeForUsers) {
  const scratch_folder folder;
  auto from = sources_in(folder);
  from.home = "";
  EXPECT_EQ(describe(load(from).mistakes),
            "configuration: error: 'node.state_dir' is not set, and there is no home folder to put it in "
            "(HOME is not "
            "set)\n");
}

}  // namespace weir::config::testing
