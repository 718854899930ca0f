// `weir run --cell`: what it refuses, and the command line of each cell.
#include "app/cells.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/command_harness.hpp"
#include "tests/config/support.hpp"

namespace weir::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Cells : public testing::Test {
 protected:
  /// A configuration file for a node "n1".
  std::string file(const std::string& name, const std::string& database, const std::string& state_dir) const {
    return folder_.write(name, "[database]\nurl = \"postgres://x/" + database +
                                   "\"\n[node]\nname = \"n1\"\nstate_dir = \"" + state_dir + "\"\n");
  }
  config::testing::scratch_folder folder_;
  command_harness weir_;
};

TEST_F(Cells, RunSideBySideAndAnswerWhatTheySay) {
  const std::string eu = file("eu.toml", "eu", "/tmp/eu"), us = file("us.toml", "us", "/tmp/us");
  EXPECT_EQ(weir_.run({"run", "--cell", eu, "--cell", us}).code, 7) << "as the cells say";
  EXPECT_THAT(weir_.world.cells, ElementsAre(eu, us));
}

TEST_F(Cells, OfOneDatabaseAreRefused) {
  const auto done =
      weir_.run({"run", "--cell", file("a", "eu", "/tmp/a"), "--cell", file("b", "eu", "/tmp/b")});
  EXPECT_EQ(done.code, 78);
  EXPECT_THAT(done.err, HasSubstr("mean the same database and schema"));
  weir_.environment["DATABASE_URL"] = "postgres://x/all";
  const auto overridden =
      weir_.run({"run", "--cell", file("a", "eu", "/tmp/a"), "--cell", file("b", "us", "/tmp/b")});
  EXPECT_EQ(overridden.code, 78) << "the environment goes before both files";
  EXPECT_THAT(weir_.world.cells, ElementsAre());
}

TEST_F(Cells, OfOneStateFolderAreRefused) {
  const auto done =
      weir_.run({"run", "--cell", file("a", "eu", "/tmp/a"), "--cell", file("b", "us", "/tmp/a")});
  EXPECT_EQ(done.code, 78);
  EXPECT_THAT(done.err, HasSubstr("give each its own node.state_dir"));
}

TEST_F(Cells, NeitherShareAConfigurationNorAName) {
  const std::string eu = file("eu.toml", "eu", "/tmp/eu");
  EXPECT_EQ(weir_.run({"run", "--cell", eu, "--config", eu}).code, 2);
  EXPECT_EQ(weir_.run({"run", "--cell", eu, "--node-name", "n2"}).code, 2);
  EXPECT_EQ(weir_.run({"run", "--cell", folder_.path() + "/nowhere.toml"}).code, 78);
}

TEST(CellArguments, AreThoseOfOneNode) {
  EXPECT_THAT(cell_arguments({"weir", "run", "--cell", "a", "--supervise", "--cell=b", "-v"}, "b"),
              ElementsAre("weir", "run", "--supervise", "-v", "--config=b"));
}

}  // namespace
}  // namespace weir::app
