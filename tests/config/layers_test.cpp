// Flags beat the environment, the environment beats the file, the file beats the defaults.
#include "support.hpp"

namespace weir::config::testing {

TEST(ConfigurationLayers, StrongerOnesReplaceWeakerOnesKeyByKey) {
  const std::string file = "[node]\nname = 'file'\nweight = 2\n[cluster]\nbeat = '900ms'\n";
  const auto config = accepted(file, {{"WEIR_NODE__NAME", "environment"}, {"WEIR_CLUSTER__TTL", "7s"}},
                               {{"node.name", "flag"}});
  EXPECT_EQ(config.node.name, "flag");
  EXPECT_EQ(config.node.weight, 2);
  EXPECT_EQ(config.cluster.ttl, std::chrono::seconds{7});
  EXPECT_EQ(config.origins.at("node.name"), "--node-name");
  EXPECT_EQ(config.origins.at("node.weight"), "weir.toml:3:1");
  EXPECT_EQ(config.origins.at("cluster.ttl"), "WEIR_CLUSTER__TTL");
  EXPECT_EQ(config.origins.at("cluster.margin"), "default");
  EXPECT_EQ(accepted(file, {{"WEIR_NODE__NAME", "environment"}}).node.name, "environment");
}

TEST(ConfigurationLayers, FindTheDatabaseInThisOrder) {
  const std::string file = "[database]\nurl = 'postgres://file/d'\n";
  variables environment{{"DATABASE_URL", "postgres://third/d"},
                        {"WEIR_DATABASE_URL", "postgres://second/d"},
                        {"WEIR_DATABASE__URL", "postgres://first/d"}};
  EXPECT_EQ(accepted(file, environment, {{"database.url", "postgres://flag/d"}}).database.url,
            "postgres://flag/d");
  EXPECT_EQ(accepted(file, environment).database.url, "postgres://first/d");
  environment.erase("WEIR_DATABASE__URL");
  EXPECT_EQ(accepted(file, environment).database.url, "postgres://second/d");
  environment["WEIR_DATABASE_URL"] = "";
  EXPECT_EQ(accepted(file, environment).database.url, "postgres://third/d");
  environment["DATABASE_URL"] = "";
  EXPECT_EQ(accepted(file, environment).database.url, "postgres://file/d");
  EXPECT_EQ(accepted("", environment).database.url, "");
}

// Else the lock would be taken in one database for the tasks of another.
TEST(ConfigurationLayers, LeaveOutADirectUrlThatIsWeakerThanTheUrl) {
  const std::string file = "[database]\nurl = 'postgres://file/d'\ndirect_url = 'postgres://direct/d'\n";
  EXPECT_EQ(accepted(file).database.direct_url, "postgres://direct/d");
  const auto config = accepted(file, {}, {{"database.url", "postgres://flag/d"}});
  EXPECT_EQ(config.database.direct_url, "");
  EXPECT_EQ(config.notes,
            std::vector<std::string>{
                "database.direct_url (weir.toml:3:1) is not used: database.url comes from --url"});
}

TEST(ConfigurationLayers, MatchNamesOfTheFileWithoutRegardToCase) {
  const auto config =
      accepted("[stream.NetSuite]\nmode = 'single'\n[action.Customer_Update]\ntype = 'noop'\n",
               {{"WEIR_STREAM__NETSUITE__PIN", "n7"},
                {"WEIR_STREAM__OTHER__MODE", "parallel"},
                {"WEIR_ACTION__CUSTOMER_UPDATE__RETRY__MAX_ATTEMPTS", "4"},
                {"WEIR_ACTION__SYNC__TYPE", "exec"},
                {"WEIR_ACTION__SYNC__COMMAND", R"(["./sync", "--fast"])"},
                {"WEIR_NODE__LABELS__ZONE", "b"},
                {"WEIR_NODE__LEADER_ELIGIBLE", "false"}});
  ASSERT_EQ(config.streams.size(), 2U);
  EXPECT_EQ(config.streams[0].name, "NetSuite");
  EXPECT_EQ(config.streams[0].pin, "n7");
  EXPECT_EQ(config.streams[1].name, "other");
  ASSERT_EQ(config.actions.size(), 2U);
  EXPECT_EQ(config.actions[0].options.retry.max_attempts, 4);
  EXPECT_EQ(config.actions[1].command[1], "--fast");
  EXPECT_EQ(config.node.labels.at("zone"), "b");
  EXPECT_FALSE(config.node.leader_eligible);
}

TEST(ConfigurationLayers, LeaveForeignVariablesAlone) {
  const auto config = accepted("", {{"WEIR_TEST_DATABASE_URL", "x"},
                                    {"WEIR_RUNNER_FD", "3"},
                                    {"OTHER__KEY", "x"},
                                    {"WEIR", "x"},
                                    {"PATH", "/bin"}});
  EXPECT_EQ(config.database.url, "");
}

TEST(ConfigurationLayers, NameTheVariableOfAMistake) {
  const auto answer = load_text("", {{"WEIR_NODE__NAM", "x"},
                                     {"WEIR_CLUTSER__TTL", "6s"},
                                     {"WEIR_STREAM__X__MODE__Y", "6s"},
                                     {"WEIR_NODE__", "x"},
                                     {"WEIR_STREAM__X", "x"},
                                     {"WEIR_STREAM__Y__MODE", "singel"}});
  const std::string end = "; names without '__' are left alone\n";
  EXPECT_EQ(describe(answer.mistakes),
            "WEIR_CLUTSER__TTL: error: unknown variable: there is no key \"clutser.ttl\" (did you mean "
            "'WEIR_CLUSTER__TTL'?)" +
                end + "WEIR_NODE__: error: unknown variable: there is no key \"node.\\\"\\\"\"" + end +
                "WEIR_NODE__NAM: error: unknown variable: there is no key \"node.nam\" (did you mean "
                "'WEIR_NODE__NAME'?)" +
                end + "WEIR_STREAM__X: error: unknown variable: there is no key \"stream.x\"" + end +
                "WEIR_STREAM__X__MODE__Y: error: unknown variable: there is no key \"stream.x.mode.y\"" +
                end +
                "WEIR_STREAM__Y__MODE: error: 'stream.y.mode' must be \"single\" or \"parallel\", not "
                "\"singel\" (did you "
                "mean 'single'?)\n");
}

TEST(ConfigurationLayers, RefuseVariablesThatAreNoUtf8AndRepeatNoneOfTheirBytes) {
  EXPECT_EQ(describe(load_text("", {{"WEIR_DATABASE_URL", "postgres://a@b\xaf/c"}}).mistakes),
            "WEIR_DATABASE_URL: error: is not valid UTF-8 at byte 15: write it as UTF-8\n");
  EXPECT_EQ(describe(load_text("", {{"WEIR_ACTION__R\xffN__TYPE", "exec"}}).mistakes),
            "\"WEIR_ACTION__R\\xffN__TYPE\": error: unknown variable: its name is not printable UTF-8; names "
            "without "
            "'__' are left alone\n");
}

TEST(ConfigurationLayers, RefuseOneKeyByTwoVariables) {
  const auto answer = load_text("", {{"WEIR_NODE__NAME", "a"}, {"WEIR_Node__Name", "b"}});
  EXPECT_EQ(describe(answer.mistakes),
            "WEIR_Node__Name: error: 'node.name' is given twice: also as 'node.name' (WEIR_NODE__NAME); keep "
            "one of "
            "them\n");
}

TEST(ConfigurationLayers, ReadASecretFromTheFileThatAVariableNames) {
  const scratch_folder folder;
  folder.write("url", "\n postgres://u:geheim@h/d \n");
  folder.write("weir.toml", "[database]\nurl = 'postgres://weaker/d'\n");
  const auto answer = load(sources_in(folder, {{"WEIR_DATABASE__URL_FILE", "url"}}));
  EXPECT_EQ(describe(answer.mistakes), "");
  EXPECT_EQ(answer.config.database.url, "postgres://u:geheim@h/d");
  EXPECT_EQ(answer.config.origins.at("database.url"), "WEIR_DATABASE__URL_FILE");
}

TEST(ConfigurationLayers, TakeTheFirstFileOfTheSearch) {
  const scratch_folder folder;
  folder.write("weir.toml", "[node]\nname = 'here'\n");
  folder.write("named.toml", "[node]\nname = 'named'\n");
  folder.write("variable.toml", "[node]\nname = 'variable'\n");
  auto from = sources_in(folder, {{"WEIR_CONFIG", "variable.toml"}});
  from.file = "named.toml";
  EXPECT_EQ(load(from).config.node.name, "named");
  from.file.reset();
  EXPECT_EQ(load(from).config.node.name, "variable");
  from.environment["WEIR_CONFIG"] = "";
  EXPECT_EQ(load(from).config.node.name, "here");
}

TEST(ConfigurationLayers, TakeTheFlagsOfAnEmbeddingProgram) {
  const char* const arguments[] = {"program", "--theirs",     "--config=c.toml", "--node-name",
                                   "n3",      "--nodes=two",  "--url",           "postgres://h/d",
                                   "--",      "--node-name=x"};
  const auto from = sources_from_process(10, arguments);
  EXPECT_EQ(from.file, "c.toml");
  EXPECT_EQ(from.flags, (variables{{"database.url", "postgres://h/d"}, {"node.name", "n3"}}));
  const char* const broken[] = {"program", "--url"};
  EXPECT_EQ(describe(load(sources_from_process(2, broken)).mistakes), "--url: error: needs a value\n");
}

}  // namespace weir::config::testing
