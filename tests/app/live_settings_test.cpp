// Reading a configuration again: what is taken over, what is named, and that a mistake changes nothing.
#include <algorithm>

#include <gtest/gtest.h>

#include "app/live_settings.hpp"

namespace weir::app {
namespace {

using strings = std::vector<std::string>;

config::loaded with_retry(std::chrono::milliseconds every) {
  config::loaded out;
  out.config.file = "weir.toml";
  action_config push;
  push.name = "push";
  push.options.retry.kind = retry_policy::shape::fixed;
  push.options.retry.delays = {every};
  out.config.actions = {push};
  return out;
}

runner::action_table actions_of(const node_config& config) {
  runner::action_table out;
  for (const auto& action : config.actions) out[action.name].options = action.options;
  out["of the program"].options.max_crashes = 7;
  return out;
}

class LiveSettings : public ::testing::Test {
 protected:
  config::loaded fresh = with_retry(std::chrono::hours{1});
  live_settings live{fresh.config, actions_of(fresh.config), [this] { return fresh; }};
};

TEST_F(LiveSettings, TakeOverWhatIsLive) {
  const auto* before = live.options_of("push");
  fresh.config.actions[0].options.retry.delays = {std::chrono::seconds{1}};
  fresh.config.actions[0].options.timeout = std::chrono::seconds{5};
  const auto report = live.reload();
  EXPECT_EQ(report.file, "weir.toml");
  EXPECT_EQ(report.applied, strings{"action.push.retry.every"});
  EXPECT_EQ(report.needs_restart, strings{"action.push.timeout"});
  const auto* after = live.options_of("push");
  EXPECT_EQ(after->retry.delays, std::vector<std::chrono::milliseconds>{std::chrono::seconds{1}});
  EXPECT_FALSE(after->timeout) << "as it was at the start";
  EXPECT_EQ(before->retry.delays, std::vector<std::chrono::milliseconds>{std::chrono::hours{1}})
      << "whoever holds it may go on";
  EXPECT_EQ(live.reload().applied, strings{}) << "it is in force";
  EXPECT_EQ(live.reload().needs_restart, strings{"action.push.timeout"}) << "it is not";
}

TEST_F(LiveSettings, StayAsTheyAreAfterAnyMistake) {
  fresh.config.actions[0].options.retry.delays = {std::chrono::seconds{1}};
  fresh.mistakes = {{"weir.toml:3:1", "unknown key"}};
  const auto report = live.reload();
  EXPECT_EQ(report.mistakes, strings{"weir.toml:3:1: error: unknown key"});
  EXPECT_EQ(report.applied, strings{});
  EXPECT_EQ(live.options_of("push")->retry.delays.front(), std::chrono::hours{1});
}

TEST_F(LiveSettings, StayAsTheyAreWhenTheFileIsGone) {
  fresh = config::loaded{};  // what is found without any file, by its place and not by a name
  auto report = live.reload();
  EXPECT_EQ(report.mistakes, strings{"weir.toml: error: the configuration file is gone"});
  EXPECT_EQ(report.applied, strings{});
  EXPECT_EQ(live.options_of("push")->retry.delays.front(), std::chrono::hours{1});
  fresh.config.file = "/etc/weir/weir.toml";
  report = live.reload();
  EXPECT_EQ(
      report.mistakes,
      strings{"weir.toml: error: the configuration file is gone, and /etc/weir/weir.toml is another one"});
}

TEST_F(LiveSettings, OfANewActionNeedARestartAsAWhole) {
  action_config pull = fresh.config.actions[0];
  pull.name = "pull";
  fresh.config.actions.push_back(pull);
  auto report = live.reload();
  EXPECT_EQ(report.applied, strings{});
  EXPECT_NE(std::find(report.needs_restart.begin(), report.needs_restart.end(), "action.pull.retry.every"),
            report.needs_restart.end());
  fresh.config.actions.clear();
  report = live.reload();
  EXPECT_EQ(report.applied, strings{}) << "and those of one that is gone";
}

TEST_F(LiveSettings, LeaveActionsOfTheProgramAlone) {
  ASSERT_NE(live.options_of("of the program"), nullptr);
  static_cast<void>(live.reload());
  EXPECT_EQ(live.options_of("of the program")->max_crashes, 7);
  EXPECT_EQ(live.options_of("nobody"), nullptr);
}

TEST(LiveSettingsWithoutAFile, HaveNothingToReadAgain) {
  live_settings live{node_config{}, {}, [] { return config::loaded{}; }};
  EXPECT_EQ(live.reload().mistakes.size(), 1U);
}

}  // namespace
}  // namespace weir::app
