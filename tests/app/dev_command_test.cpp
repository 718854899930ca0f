// What weir dev makes of a configuration before its node starts.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/command_harness.hpp"

namespace weir::app {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class DevCommand : public testing::Test {
 protected:
  DevCommand() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-dev-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~DevCommand() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& text) const {
    std::ofstream(folder_ / "weir.toml") << text;
    return (folder_ / "weir.toml").string();
  }

  std::filesystem::path folder_;
  command_harness weir_;
};

TEST_F(DevCommand, NeedsNoConfigurationAndNoHome) {
  weir_.environment.erase("HOME");
  ASSERT_EQ(weir_.run({"dev"}).code, 0);
  const auto& ran = weir_.world.ran_dev.value();
  EXPECT_EQ(ran.node.state_dir, "/nonexistent/.weir/dev") << "below the current folder";
  EXPECT_EQ(store_of(ran), "/nonexistent/.weir/dev/weir.db");
  EXPECT_EQ(ran.http.listen, "127.0.0.1:7711");
  EXPECT_EQ(ran.retention.done, 24h);
  EXPECT_EQ(ran.retention.failed, 7 * 24h);
  EXPECT_EQ(ran.retention.cancelled, 24h);
  EXPECT_FALSE(weir_.world.ran_demo);
}

TEST_F(DevCommand, KeepsWhatTheConfigurationSays) {
  const auto config =
      file("[http]\nlisten = \"127.0.0.1:1234\"\n[node]\nstate_dir = \"mine\"\n[retention]\ndone = \"1h\"\n");
  ASSERT_EQ(weir_.run({"dev", "--demo", "--config", config}).code, 0);
  const auto& ran = weir_.world.ran_dev.value();
  EXPECT_EQ(ran.http.listen, "127.0.0.1:1234");
  EXPECT_EQ(ran.node.state_dir, (folder_ / "mine").string());
  EXPECT_EQ(ran.retention.done, 1h);
  EXPECT_EQ(ran.retention.failed, 7 * 24h);
  EXPECT_TRUE(weir_.world.ran_demo);
}

TEST_F(DevCommand, KeepsItsStoreBesideTheConfigurationFile) {
  ASSERT_EQ(weir_.run({"dev", "--config", file("[action.a]\ntype = \"noop\"\n")}).code, 0);
  EXPECT_EQ(weir_.world.ran_dev->node.state_dir, (folder_ / ".weir" / "dev").string());
}

TEST_F(DevCommand, IgnoresWhatNamesADatabaseMistakesIncluded) {
  weir_.environment["DATABASE_URL"] = "nonsense://";
  weir_.environment["WEIR_DATABASE__SCHEMA"] = std::string(200, 'x');
  weir_.environment["WEIR_DATABASE__NO_SUCH_KEY"] = "1";
  EXPECT_NE(weir_.run({"run"}).code, 0) << "they are mistakes elsewhere";
  const auto done = weir_.run({"dev"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(weir_.world.ran_dev->database.url, "");
}

TEST_F(DevCommand, RefusesOtherMistakes) {
  const auto done = weir_.run({"dev", "--config", file("[http]\nlisten = 7\n")});
  EXPECT_EQ(done.code, 78);
  EXPECT_THAT(done.err, HasSubstr("weir.toml:2:"));
  EXPECT_FALSE(weir_.world.ran_dev.has_value());
}

TEST_F(DevCommand, WantsToKnowWhereTheObjectsOfACdcActionAre) {
  const std::string cdc =
      "[action.a]\ntype = \"cdc\"\nquery = \"select 1\"\n"
      "controller = \"4f0c0000-0000-4000-8000-000000000001\"\n";
  const auto done = weir_.run({"dev", "--config", file(cdc)});
  EXPECT_EQ(done.code, 78);
  EXPECT_THAT(done.err, HasSubstr("weir.toml:2:"));
  EXPECT_THAT(done.err, HasSubstr("'action.a.source_url' is missing"));
  EXPECT_EQ(weir_.run({"dev", "--config", file(cdc + "source_url = \"postgres://elsewhere/db\"\n")}).code, 0);
}

}  // namespace
}  // namespace weir::app
