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

TEST(ActionRegistry, NamesWhatCdcNeeds) {
  node_config config;
  config.actions = {entry("customers", action_config::type::cdc)};
  auto& settings = config.actions[0].settings;
  const auto complaint = [&] {
    const auto table = make_action_table(config);
    return table ? "" : table.error().message;
  };
  EXPECT_NE(complaint().find("action.customers: cdc \"customers\": the controller must be a uuid"),
            std::string::npos);
  settings["controller"] = "4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e";
  EXPECT_NE(complaint().find("the query is empty"), std::string::npos);
  settings["query"] = "select 1";
  settings["limit"] = "0";
  EXPECT_NE(complaint().find("the limit must be from 1 to 100,000"), std::string::npos);
  settings["limit"] = "7";
  EXPECT_EQ(complaint(), "");
  config.actions[0].name = std::string(58, 'n');
  EXPECT_NE(complaint().find("give the action a shorter name"), std::string::npos);
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
