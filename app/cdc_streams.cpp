#include "app/cdc_streams.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <weir/node.hpp>

#include "actions/cdc.hpp"
#include "domain/object_hash.hpp"

namespace weir::app {

namespace {

result<void> declare(node_program& program, const std::string& controller) {
  if (!program.controllers.insert(controller).second) {
    return error{errc::invalid,
                 "controller " + controller + " has two cdc actions: give each one of its own"};
  }
  auto& streams = program.config.streams;
  auto declared =
      std::find_if(streams.begin(), streams.end(), [&](const auto& s) { return s.name == controller; });
  if (declared == streams.end()) {
    stream_declaration wanted = single_instance.wanted();
    wanted.name = controller;
    declared = streams.insert(streams.end(), std::move(wanted));
  } else if (declared->mode != stream_mode::single) {
    return error{errc::invalid, "stream " + controller + " is a cdc controller's: it must be single"};
  }
  // A store of this process is out of reach for a runner process.
  if (program.open_store) declared->where = isolation::thread;
  return {};
}

}  // namespace

result<void> prepare_cdc(node_program& program, const std::shared_ptr<driver>& store) {
  for (action_config& action : program.config.actions) {
    if (action.kind != action_config::type::cdc) continue;
    const auto given = action.settings.find("controller");
    const auto controller =
        given == action.settings.end() ? std::nullopt : domain::normal_uuid(given->second);
    if (!controller) return error{errc::invalid, "action." + action.name + ".controller: must be a uuid"};
    action.options.stream = *controller;
    if (auto declared = declare(program, *controller); !declared) return declared;
  }
  for (auto& [plan, options] : program.sources) {
    options.stream = plan.controller;
    if (auto declared = declare(program, plan.controller); !declared) return declared;
    const std::string name = plan.name;
    if (!program.actions
             .emplace(name, runner::registered_action{actions::make_cdc_action(plan, store), options})
             .second) {
      return error{errc::invalid, "action '" + name + "' is registered twice"};
    }
  }
  return {};
}

}  // namespace weir::app
