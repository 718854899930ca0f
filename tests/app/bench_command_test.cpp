// weir bench: what it asks for, and how it shows what was found.
#include <gtest/gtest.h>

#include "command_harness.hpp"

namespace weir::app {
namespace {

struct BenchCommand : testing::Test {
  command_harness shell;
};

TEST_F(BenchCommand, ShowsTheMedianOfItsRounds) {
  shell.world.bench_rounds = {{{"p50_ms", 1.234}, {"per_s", 41234.5}},
                              {{"p50_ms", 3.0}, {"per_s", 39000.0}},
                              {{"p50_ms", 2.0}, {"per_s", 50000.0}}};
  const auto shown = shell.run({"bench", "--repeat", "3", "--tasks", "5000", "-o", "json"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_EQ(shell.world.benched->rounds, 3);
  EXPECT_EQ(shell.world.benched->tasks, 5000);
  EXPECT_EQ(shown.json()["median"]["p50_ms"], 2.0);
  EXPECT_EQ(shown.json()["median"]["per_s"], 41235.0);
  EXPECT_EQ(shown.json()["rounds"].size(), 3U);
  const auto table = shell.run({"bench", "-q"});
  EXPECT_NE(table.out.find("per_s    41235"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("p50_ms    2.00"), std::string::npos) << table.out;
  EXPECT_EQ(table.err, "");
}

TEST_F(BenchCommand, NamesTheOptionThatIsOutOfBounds) {
  const auto refused = shell.run({"bench", "--batch", "501"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("--batch"), std::string::npos) << refused.err;
  EXPECT_FALSE(shell.world.benched);
}

}  // namespace
}  // namespace weir::app
