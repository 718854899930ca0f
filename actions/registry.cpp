// One switch over the types of actions.
#include "actions/registry.hpp"

#include <utility>

#include "actions/email.hpp"
#include "actions/exec.hpp"
#include "actions/http.hpp"
#include "actions/noop.hpp"

namespace weir::actions {

namespace {

result<action> make(const action_config& config) {
  const auto later = [&](const char* type) {
    return error{errc::invalid,
                 "action." + config.name + ".type: \"" + type +
                     "\" comes in a later version; use \"exec\", \"http\", \"email\" or \"noop\""};
  };
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
    case action_config::type::cdc: return later("cdc");
  }
  return later("?");
}

}  // namespace

result<runner::action_table> make_action_table(const node_config& config) {
  runner::action_table table;
  for (const action_config& one : config.actions) {
    auto perform = make(one);
    if (!perform) return perform.error();
    if (!table.emplace(one.name, runner::registered_action{std::move(*perform), one.options}).second) {
      return error{errc::invalid, "action." + one.name + ": given twice"};
    }
  }
  return table;
}

}  // namespace weir::actions
