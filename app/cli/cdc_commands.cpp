// weir cdc status|resync
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/agreement.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/table.hpp"
#include "config/suggest.hpp"
#include "domain/object_hash.hpp"
#include "domain/task_bounds.hpp"
#include "domain/time_text.hpp"

namespace weir::app {

namespace {

ordered_json time_or_null(const std::optional<wall_time>& at) {
  return at ? ordered_json(domain::format_time(*at)) : ordered_json(nullptr);
}

ordered_json text_or_null(const std::optional<std::string>& text) {
  return text ? ordered_json(*text) : ordered_json(nullptr);
}

ordered_json controller_json(const cdc_controller& one) {
  return {{"controller", one.controller},
          {"name", one.name},
          {"objects", one.objects},
          {"pass", one.pass},
          {"started_at", time_or_null(one.started_at)},
          {"finished_at", time_or_null(one.finished_at)},
          {"created", one.last.created},
          {"updated", one.last.updated},
          {"deleted", one.last.deleted},
          {"failed", one.last.failed},
          {"problem", text_or_null(one.problem)},
          {"go_on_after", text_or_null(one.go_on_after)}};
}

std::string controller_table(const std::vector<cdc_controller>& all, bool colour, int width) {
  table rows{{{{"NAME"}},
              {{"CONTROLLER"}},
              {{"OBJECTS"}, side::right},
              {{"PASS"}, side::right},
              {{"FINISHED"}},
              {{"CREATED"}, side::right},
              {{"UPDATED"}, side::right},
              {{"DELETED"}, side::right},
              {{"FAILED"}, side::right},
              {{"PROBLEM"}}}};
  for (const auto& one : all) {
    rows.add({{printable(one.name)},
              {one.controller},
              {std::to_string(one.objects)},
              {std::to_string(one.pass)},
              {one.finished_at ? domain::format_time(*one.finished_at) : "runs, or was cut off"},
              {std::to_string(one.last.created)},
              {std::to_string(one.last.updated)},
              {std::to_string(one.last.deleted)},
              {span{std::to_string(one.last.failed), one.last.failed == 0 ? look::plain : look::red}},
              {printable(one.problem.value_or(""))}});
  }
  return rows.text(colour, width);
}

exit_code show_status(invocation& call) {
  return call.with_console([&](open_console& console) {
    const auto all = console.opened->open_cdc()->controllers();
    if (!all) return call.fail(all.error());
    if (!call.wants_table()) {
      ordered_json items = ordered_json::array();
      for (const auto& one : *all) items.push_back(controller_json(one));
      call.print_list(ordered_json{{"items", items}, {"next", nullptr}});
    } else if (all->empty()) {
      call.say("no cdc action has run yet");
    } else {
      call.print(controller_table(*all, call.surroundings().colour(), call.width()));
    }
    return exit_code::ok;
  });
}

/// By uuid, or by the name of its action.
result<cdc_controller> find_controller(const std::vector<cdc_controller>& all, const std::string& wanted) {
  const auto uuid = domain::normal_uuid(wanted);
  std::vector<std::string> names;
  const cdc_controller* found = nullptr;
  for (const auto& one : all) {
    if (uuid && one.controller == *uuid) return one;
    names.push_back(one.name);
    if (one.name != wanted) continue;
    if (found != nullptr) {
      return error{errc::invalid, "action " + domain::in_quotes(wanted) +
                                      " had several controllers, among them " + found->controller + " and " +
                                      one.controller + ": say which"};
    }
    found = &one;
  }
  if (found != nullptr) return *found;
  return error{errc::not_found, "no cdc action or controller " + domain::in_quotes(wanted) +
                                    config::did_you_mean(wanted, names) + "; see `weir cdc status`"};
}

/// Of people at a terminal; scripts mean what they say.
bool agreed(invocation& call, const cdc_controller& what) {
  if (call.globals.yes || !call.surroundings().in_is_terminal) return true;
  return said_yes(
      call, "handle all " + std::to_string(what.objects) + " objects of " + printable(what.name) + " again");
}

exit_code resync(invocation& call, const std::string& wanted) {
  return call.ordering().with_console([&](open_console& console) {
    const auto store = console.opened->open_cdc();
    store->act_as(call.identity());
    const auto all = store->controllers();
    if (!all) return call.fail(all.error());
    const auto found = find_controller(*all, wanted);
    if (!found) return call.fail(found.error());
    if (!agreed(call, *found)) return exit_code::usage;
    if (const auto done = store->resync(found->controller); !done) return call.fail(done.error());
    call.say("the next passes of " + printable(found->name) + " take all " + std::to_string(found->objects) +
             " objects for changed");
    if (!call.wants_table())
      call.print_json(ordered_json{
          {"controller", found->controller}, {"name", found->name}, {"objects", found->objects}});
    return exit_code::ok;
  });
}

}  // namespace

void add_cdc_commands(CLI::App& root, invocation& call) {
  auto& cdc = add_noun(root, "cdc", "change data capture: status, resync");
  auto& status = add_verb(cdc, "status", "what each controller keeps, and what its last pass did");
  status.callback([&call] { call.chosen = show_status; });

  auto wanted = std::make_shared<std::string>();
  auto& again = add_verb(cdc, "resync", "let the next passes take every object for changed");
  again.add_option("controller", *wanted, "the controller's uuid, or the name of its action")
      ->required()
      ->type_name("CONTROLLER");
  again.callback(
      [&call, wanted] { call.chosen = [wanted](invocation& now) { return resync(now, *wanted); }; });
}

}  // namespace weir::app
