// One switch over the types of actions.
#include "actions/registry.hpp"

#include <utility>

#include "actions/cdc.hpp"
#include "actions/email.hpp"
#include "actions/exec.hpp"
#include "actions/http.hpp"
#include "actions/noop.hpp"

namespace weir::actions {

namespace {

result<action> make(const action_config& config, const std::shared_ptr<weir::driver>& store) {
  switch (config.kind) {
    case action_config::type::exec:
      if (config.command.empty()) {
        return error{errc::invalid, "action." + config.name + ".command: exec needs a program to run"};
      }
      return make_exec_action(config);
    case action_config::type::noop: return make_noop_action();
    case action_config::type::http:
      if (config.settings.count("url") == 0) {
        return error{errc::invalid, "action." + config.name + ".url: http needs an address to post to"};
      }
      return make_http_action(config);
    case action_config::type::email:
      if (config.settings.count("api_key") == 0) {
        return error{errc::invalid, "action." + config.name + ".api_key: email needs the mail service's key"};
      }
      return make_email_action(config);
    case action_config::type::cdc: {
      auto plan = plan_of(config);
      if (!plan) return error{plan.error().code, "action." + config.name + ": " + plan.error().message};
      return make_cdc_action(std::move(*plan), store);
    }
  }
  return error{errc::invalid, "action." + config.name + ".type: unknown"};
}

}  // namespace

result<runner::action_table> make_action_table(const node_config& config,
                                               const std::shared_ptr<weir::driver>& store) {
  runner::action_table table;
  for (const action_config& one : config.actions) {
    auto perform = make(one, store);
    if (!perform) return perform.error();
    if (!table.emplace(one.name, runner::registered_action{std::move(*perform), one.options}).second) {
      return error{errc::invalid, "action." + one.name + ": given twice"};
    }
  }
  return table;
}

}  // namespace weir::actions
