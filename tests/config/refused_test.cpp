// Every kind of mistake within one key, with its place and its text.
#include "support.hpp"

namespace weir::config::testing {

struct refusal {
  const char* name;
  const char* text;
  const char* mistakes;  // all of them, as printed
};

void PrintTo(const refusal& each, std::ostream* out) { *out << each.name; }

class RefusedConfiguration : public ::testing::TestWithParam<refusal> {};

TEST_P(RefusedConfiguration, SaysWhereAndWhatAndTheFix) {
  EXPECT_EQ(describe(load_text(GetParam().text).mistakes), GetParam().mistakes);
}

const refusal refusals[] = {
    {"UnknownSection", "[databse]\nurl = ''\n",
     "weir.toml:1:2: error: unknown section \"databse\" (did you mean 'database'?)\n"},
    {"UnknownSectionFarFromAll", "[zzz.yyy]\n", "weir.toml:1:2: error: unknown section \"zzz\"\n"},
    {"UnknownKey", "[node]\n  namee = 'x'\n",
     "weir.toml:2:3: error: unknown key \"node.namee\" (did you mean 'name'?)\n"},
    {"UnknownKeyInInlineTable", "[action.a]\ntype = 'noop'\nretry = { evry = '1m' }\n",
     "weir.toml:3:11: error: unknown key \"action.a.retry.evry\" (did you mean 'every'?)\n"},
    {"UnknownTwin", "[database]\nschema_file = 'x'\n",
     "weir.toml:2:1: error: unknown key \"database.schema_file\"\n"},
    {"KeyWithoutSection", "name = 'n1'\n",
     "weir.toml:1:1: error: key \"name\" stands outside any section: write it below [node]\n"},
    {"UnknownKeyWithoutSection", "nobody = 'n1'\n",
     "weir.toml:1:1: error: key \"nobody\" stands outside any section\n"},
    {"StreamKeyWithoutSection", "pin = 'n1'\n",
     "weir.toml:1:1: error: key \"pin\" stands outside any section: write it below [stream.NAME]\n"},
    {"SectionAsValue", "cluster = 3\n",
     "weir.toml:1:11: error: 'cluster' must be a table: write [cluster]\n"},
    {"StreamAsValue", "stream = 'x'\n",
     "weir.toml:1:10: error: 'stream' must be a table: write [stream.NAME]\n"},
    {"StreamKeyOneLevelTooHigh", "[stream]\nmode = 'single'\n",
     "weir.toml:2:8: error: 'stream.mode' must be a table: 'stream' holds one section for each name, so "
     "write "
     "[stream.NAME] above the key\n"},
    {"ArrayOfTables", "[[node]]\nname = 'a'\n",
     "weir.toml:1:1: error: 'node' must be a table: write [node]\n"},
    {"RetryAsText", "[action.a]\ntype = 'noop'\nretry = '1m'\n",
     "weir.toml:3:9: error: 'action.a.retry' must be a table: write retry = { every = \"1m\" }\n"},

    {"BareNumberAsDuration", "[cluster]\nttl = 6\n",
     "weir.toml:2:7: error: 'cluster.ttl' must be a duration such as \"30s\" from 100ms to 1h, not the "
     "integer 6 (no "
     "bare numbers: write \"6s\")\n"},
    {"DurationWithoutUnit", "[cluster]\nttl = \"6\"\n",
     "weir.toml:2:7: error: 'cluster.ttl' must be a duration such as \"30s\" from 100ms to 1h, not \"6\" "
     "(the unit is "
     "missing: write \"6s\")\n"},
    {"DurationWithUnknownUnit", "[cluster]\nttl = \"6 sec\"\n",
     "weir.toml:2:7: error: 'cluster.ttl' must be a duration such as \"30s\" from 100ms to 1h, not \"6 sec\" "
     "(units: "
     "ms, s, m, h, d)\n"},
    {"DurationOutOfBounds", "[cluster]\nttl = \"2h\"\n",
     "weir.toml:2:7: error: 'cluster.ttl' must be a duration such as \"30s\" from 100ms to 1h, not \"2h\"\n"},
    {"NegativeDuration", "[node]\ndrain_timeout = '-1s'\n",
     "weir.toml:2:17: error: 'node.drain_timeout' must be a duration such as \"30s\" from 0s to 1d, not "
     "\"-1s\" "
     "(units: ms, s, m, h, d)\n"},
    {"TextAsInteger", "[node]\nweight = 'heavy'\n",
     "weir.toml:2:10: error: 'node.weight' must be an integer from 0 to 1000, not \"heavy\"\n"},
    {"NegativeWeight", "[node]\nweight = -1\n",
     "weir.toml:2:10: error: 'node.weight' must be an integer from 0 to 1000, not the integer -1\n"},
    {"FractionAsInteger", "[node]\nweight = 1.5\n",
     "weir.toml:2:10: error: 'node.weight' must be an integer from 0 to 1000, not the number 1.5\n"},
    {"LargestInteger", "[node]\nweight = 9223372036854775807\n",
     "weir.toml:2:10: error: 'node.weight' must be an integer from 0 to 1000, not the integer "
     "9223372036854775807\n"},
    {"TextAsBoolean", "[node]\nleader_eligible = 'yes'\n",
     "weir.toml:2:19: error: 'node.leader_eligible' must be true or false, not \"yes\"\n"},
    {"DateAsText", "[node]\nname = 1979-05-27\n",
     "weir.toml:2:8: error: 'node.name' must be a name of 1 to 64 printable characters, not a date or "
     "time\n"},
    {"ListAsText", "[node]\nname = ['a']\n",
     "weir.toml:2:8: error: 'node.name' must be a name of 1 to 64 printable characters, not a list\n"},
    {"NumberAsLabel", "[node]\nlabels = { zone = 1 }\n",
     "weir.toml:2:19: error: 'node.labels.zone' must be a text without control characters, not the integer "
     "1\n"},
    {"UnknownChoice", "[log]\nlevel = 'wran'\n",
     "weir.toml:2:9: error: 'log.level' must be \"trace\", \"debug\", \"info\", \"warn\" or \"error\", not "
     "\"wran\" (did "
     "you mean 'warn'?)\n"},
    {"UnknownFormat", "[log]\nformat = 'xml'\n",
     "weir.toml:2:10: error: 'log.format' must be \"auto\", \"text\" or \"json\", not \"xml\"\n"},
    {"SizeWithoutUnit", "[limits]\npayload = '1048576'\n",
     "weir.toml:2:11: error: 'limits.payload' must be a size such as \"1MiB\" from 1B to 64MiB, not "
     "\"1048576\" (units: "
     "B, KiB, MiB)\n"},
    {"SizeTooLarge", "[limits]\npayload = '65MiB'\n",
     "weir.toml:2:11: error: 'limits.payload' must be a size such as \"1MiB\" from 1B to 64MiB, not "
     "\"65MiB\"\n"},
    {"SizeZero", "[limits]\npayload = '0B'\n",
     "weir.toml:2:11: error: 'limits.payload' must be a size such as \"1MiB\" from 1B to 64MiB, not "
     "\"0B\"\n"},
    {"DatabaseAddress", "[database]\nurl = 'mysql://u:geheim@h/d'\n",
     "weir.toml:2:7: error: 'database.url' must be a postgres:// address or words such as \"host=db "
     "dbname=app\", not "
     "this text\n"},
    {"AddressWithoutHost", "[http]\nlisten = ':80'\n",
     "weir.toml:2:10: error: 'http.listen' must be an address such as \"127.0.0.1:7711\", not \":80\"\n"},
    {"PortTooLarge", "[node]\nlisten = '127.0.0.1:65536'\n",
     "weir.toml:2:10: error: 'node.listen' must be \"off\" or an address such as \"127.0.0.1:0\", not "
     "\"127.0.0.1:65536\"\n"},
    {"Rate", "[stream.s]\nmode = 'single'\nrate = '10/d'\n",
     "weir.toml:3:8: error: 'stream.s.rate' must be a rate such as \"10/s\", \"10/m\" or \"10/h\", not "
     "\"10/d\"\n"},
    {"Breaker", "[stream.s]\nmode = 'single'\nbreaker = { failures = 1001, pause = '0s' }\n",
     "weir.toml:3:24: error: 'stream.s.breaker.failures' must be an integer from 0 to 1000, not the integer "
     "1001\n"
     "weir.toml:3:38: error: 'stream.s.breaker.pause' must be a duration such as \"30s\" from 1ms to 1d, not "
     "\"0s\"\n"},
    {"Partitions", "[stream.s]\nmode = 'parallel'\npartitions = 1025\nconcurrency = 0\n",
     "weir.toml:3:14: error: 'stream.s.partitions' must be an integer from 1 to 1024, not the integer 1025\n"
     "weir.toml:4:15: error: 'stream.s.concurrency' must be an integer from 1 to 1024, not the integer 0\n"},
    {"EmptyCommand", "[action.a]\ntype = 'exec'\ncommand = []\n",
     "weir.toml:3:11: error: 'action.a.command' must be a list of texts such as [\"./program\", "
     "\"argument\"], not a "
     "list\n"},
    {"CommandAsText", "[action.a]\ntype = 'exec'\ncommand = './x'\n",
     "weir.toml:3:11: error: 'action.a.command' must be a list of texts such as [\"./program\", "
     "\"argument\"], not "
     "\"./x\"\n"},
    {"BackoffElement", "[action.a]\ntype = 'noop'\nretry.backoff = ['1m', '10']\n",
     "weir.toml:3:17: error: 'action.a.retry.backoff[1]' must be a duration such as \"30s\" of at least 1ms, "
     "not "
     "\"10\" (the unit is missing: write \"10s\")\n"},
    {"WebAddressHidesItsPassword", "[action.a]\ntype = 'http'\nurl = 'ftp://u:geheim@h'\n",
     "weir.toml:3:7: error: 'action.a.url' must be an http:// or https:// address, not \"ftp://u:***@h\"\n"},
    {"MailAddress", "[action.a]\ntype = 'email'\napi_key = 'k'\nbcc = 'nobody'\n",
     "weir.toml:4:7: error: 'action.a.bcc' must be an e-mail address, not \"nobody\"\n"},
    {"Uuid", "[action.a]\ntype = 'cdc'\ncontroller = '4f0c..'\nquery = 'x'\n",
     "weir.toml:3:14: error: 'action.a.controller' must be a uuid such as "
     "\"4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e\", "
     "not \"4f0c..\"\n"},
    {"CronFieldCount", "[schedule.s]\ntask = 't'\ncron = '0 2 * *'\n",
     "weir.toml:3:8: error: 'schedule.s.cron' has 4 fields instead of five: minute, hour, day of month, "
     "month, day of "
     "week, e.g. \"0 2 * * *\"\n"},
    {"CronFieldValue", "[schedule.s]\ntask = 't'\ncron = '0 24 * * *'\n",
     "weir.toml:3:8: error: 'schedule.s.cron' has the hour field \"24\": write values from 0 to 23, ranges "
     "a-b, steps "
     "*/n or a-b/n, and lists a,b\n"},
    {"CronThatNeverFires", "[schedule.s]\ntask = 't'\ncron = '0 2 30 2 *'\n",
     "weir.toml:3:8: error: 'schedule.s.cron' never fires: no month of \"2\" has a day \"30\"\n"},
    {"ZoneThatIsNone", "[schedule.s]\ntask = 't'\ncron = '0 2 * * *'\nzone = 'Pacific/Aukland'\n",
     "weir.toml:4:8: error: 'schedule.s.zone' must be a time zone such as \"Pacific/Auckland\", not "
     "\"Pacific/Aukland\"\n"},
    {"Zone", "[schedule.s]\ntask = 't'\ncron = '0 2 * * *'\nzone = 'Nowhere at all'\n",
     "weir.toml:4:8: error: 'schedule.s.zone' must be a time zone such as \"Pacific/Auckland\", not "
     "\"Nowhere at "
     "all\"\n"},
    {"SecretFileMissing", "[database]\nurl_file = 'nothing-here'\n",
     "weir.toml:2:12: error: 'database.url_file': the file \"nothing-here\" does not exist\n"},
    {"SecretFileIsFolder", "[database]\nurl_file = '.'\n",
     "weir.toml:2:12: error: 'database.url_file': the file \".\" is a folder, not a file\n"},
    {"SecretTwice", "[database]\nurl = ''\nurl_file = 'x'\n",
     "weir.toml:3:1: error: 'database.url_file' is given twice: also as 'database.url' (weir.toml:2:1); keep "
     "one of "
     "them\n"},

    {"SyntaxErrorIsTheOnlyMistake", "[cluster]\nttl = 6s\n[nodee]\n",
     "weir.toml:2:8: error: not valid TOML: Error while parsing decimal integer: expected digit, saw 's' "
     "(texts and "
     "durations stand in double quotes: ttl = \"6s\")\n"},
    {"SectionTwice", "[node]\n[node]\n",
     "weir.toml:2:1: error: not valid TOML: Error while parsing table header: cannot redefine existing table "
     "'node'\n"},
    {"NotUtf8", "[node]\nname = \"\xff\"\n",
     "weir.toml:2:8: error: not valid TOML: Encountered invalid utf-8 sequence\n"},
};

INSTANTIATE_TEST_SUITE_P(Table, RefusedConfiguration, ::testing::ValuesIn(refusals),
                         [](const auto& each) { return std::string{each.param.name}; });

TEST(RefusedFile, IsSaidOnceByTheNameThatWasAskedFor) {
  const scratch_folder folder;
  auto from = sources_in(folder);
  from.file = "other.toml";
  EXPECT_EQ(describe(load(from).mistakes),
            "--config: error: the configuration file \"other.toml\" does not exist\n");
  from.file = ".";
  EXPECT_EQ(describe(load(from).mistakes),
            "--config: error: the configuration file \".\" is a folder, not a file\n");
  from.file.reset();
  from.environment["WEIR_CONFIG"] = "/nowhere/weir.toml";
  EXPECT_EQ(describe(load(from).mistakes),
            "WEIR_CONFIG: error: the configuration file \"/nowhere/weir.toml\" does not exist\n");
  folder.write("weir.toml", std::string((std::size_t{1} << 20U) + 1, '\n'));
  from.environment.clear();
  EXPECT_EQ(describe(load(from).mistakes),
            "weir.toml: error: the configuration file \"weir.toml\" is larger than 1 MiB\n");
}

// What the file may still hold is not called missing.
TEST(RefusedFile, DoesNotMakeTheEnvironmentLookIncomplete) {
  const auto answer =
      load_text("[tls\n", {{"WEIR_NODE__LISTEN", "0.0.0.0:1"}, {"WEIR_STREAM__X__PIN", "n1"}});
  EXPECT_EQ(
      describe(answer.mistakes),
      "weir.toml:1:5: error: not valid TOML: Error while parsing table header: expected ']', saw '\\n'\n");
}

// All at once: the first of these must not hide the last.
TEST(RefusedConfigurationAsAWhole, ReportsEveryLayerInOrder) {
  const auto answer = load_text("[log]\nlevel = 3\n[cluster]\nbeat = 1\nttl = 2\n",
                                {{"WEIR_NODE__WEIGHT", "x"}, {"WEIR_CLUSTER__TTL", "7"}},
                                {{"node.name", ""}, {"node.nam", "x"}});
  EXPECT_EQ(describe(answer.mistakes),
            "weir.toml:2:9: error: 'log.level' must be \"trace\", \"debug\", \"info\", \"warn\" or "
            "\"error\", not the "
            "integer 3\n"
            "weir.toml:4:8: error: 'cluster.beat' must be a duration such as \"30s\" from 20ms to 1m, not "
            "the integer 1 "
            "(no bare numbers: write \"1s\")\n"
            "weir.toml:5:7: error: 'cluster.ttl' must be a duration such as \"30s\" from 100ms to 1h, not "
            "the integer 2 "
            "(no bare numbers: write \"2s\")\n"
            "WEIR_CLUSTER__TTL: error: 'cluster.ttl' must be a duration such as \"30s\" from 100ms to 1h, "
            "not \"7\" "
            "(the unit is missing: write \"7s\")\n"
            "WEIR_NODE__WEIGHT: error: 'node.weight' must be an integer from 0 to 1000, not \"x\"\n"
            "--node-nam: error: there is no key \"node.nam\"\n"
            "--node-name: error: needs a value\n");
}

}  // namespace weir::config::testing
