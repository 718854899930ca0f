// From configuration to a table of actions.
#include "actions/registry.hpp"

#include <gtest/gtest.h>

#include "runner/perform.hpp"
#include "support.hpp"

namespace weir::actions {
namespace {

action_config entry(const char* name, action_config::type kind) {
  action_config config;
  config.name = name;
  config.kind = kind;
  config.command = {"/bin/true"};
  return config;
}

TEST(ActionRegistry, MakesExecAndNoop) {
  node_config config;
  config.actions = {entry("a", action_config::type::exec), entry("b", action_config::type::noop)};
  config.actions[0].options.stream = "partner";
  const auto table = make_action_table(config);
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->size(), 2U);
  EXPECT_EQ(table->at("a").options.stream, "partner");
  runner::run_control control{[] {
    auto owned = std::make_shared<runner::shared_instant>();
    owned->set(runner::far_away());
    return owned;
  }()};
  for (const char* name : {"a", "b"}) {
    EXPECT_EQ(runner::perform(*table, runner::request(1, name), "n1", control, {}).result,
              domain::run_result::success);
  }
}

TEST(ActionRegistry, NamesWhatIsNotThereYet) {
  using type = action_config::type;
  for (const type kind : {type::cdc}) {
    node_config config;
    config.actions = {entry("later", kind)};
    const auto table = make_action_table(config);
    ASSERT_FALSE(table.ok());
    EXPECT_EQ(table.error().code, errc::invalid);
    EXPECT_NE(table.error().message.find("action.later.type"), std::string::npos);
    EXPECT_NE(table.error().message.find("later version"), std::string::npos);
  }
}

TEST(ActionRegistry, RefusesTwiceAndNothingToRun) {
  node_config config;
  config.actions = {entry("a", action_config::type::noop), entry("a", action_config::type::noop)};
  EXPECT_FALSE(make_action_table(config).ok());
  config.actions = {entry("a", action_config::type::exec)};
  config.actions[0].command.clear();
  EXPECT_FALSE(make_action_table(config).ok());
}

}  // namespace
}  // namespace weir::actions
