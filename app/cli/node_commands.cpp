// weir node list|show|drain|undrain
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli/api_client.hpp"
#include "app/cli/arguments.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/figures.hpp"
#include "app/cli/find_row.hpp"
#include "app/cli/remote/remote.hpp"
#include "app/cli/status_json.hpp"
#include "app/cli/status_table.hpp"

namespace weir::app {

namespace {

using std::chrono::milliseconds;

exit_code list_nodes(invocation& call) {
  if (const auto printed = print_of_api(call, "/nodes", true)) return *printed;
  return call.with_console([&](open_console& console) {
    const auto view = console.store->view();
    if (!view) return call.fail(view.error());
    if (call.wants_table())
      call.print(node_table(*view, call.surroundings().colour(), call.width()));
    else
      call.print_list(node_list_json(*view));
    return exit_code::ok;
  });
}

std::string node_card(const ordered_json& node) {
  std::string out;
  const auto field = [&](const std::string& name, const std::string& value) {
    out += name + std::string(12 - name.size(), ' ') + (value.empty() ? "-" : printable(value)) + "\n";
  };
  const auto text = [&](const char* name) { return node.at(name).get<std::string>(); };
  field("name", text("name"));
  field("node id", text("node_id"));
  field("state", text("state") + (node.at("drain_wanted").get<bool>() ? " (drain wanted)" : ""));
  field("beat", age_text(node.at("beat_age_seconds").get<double>()) + " ago");
  field("running", std::to_string(node.at("running").get<std::int64_t>()));
  field("refused",
        std::to_string(node.at("late_writes_refused").get<std::int64_t>()) + " late writes since it started");
  field("machine", text("machine"));
  field("version", text("version"));
  field("address", text("address"));
  field("http", text("http"));
  field("weight", std::to_string(node.at("weight").get<int>()));
  std::string labels;
  for (const auto& [name, value] : node.at("labels").items()) {
    labels += (labels.empty() ? "" : " ") + name + "=" + value.get<std::string>();
  }
  field("labels", labels);
  std::string actions;
  for (const auto& name : node.at("actions"))
    actions += (actions.empty() ? "" : " ") + name.get<std::string>();
  field("actions", actions);
  std::string owns;
  for (const auto& part : node.at("owns")) {
    owns += (owns.empty() ? "" : " ") + part.at("stream").get<std::string>() + "/" + part.at("slot").dump() +
            "@e" + part.at("epoch").dump();
  }
  field("owns", owns);
  return out;
}

exit_code show_node(invocation& call, const std::string& name) {
  if (call.by_api()) {
    const auto page = call.ask_api("GET", "/nodes/" + url_part(name));
    if (!page) return call.fail(page.error());
    if (call.wants_table())
      call.print(node_card(ordered_json::parse(*page)));
    else
      call.print_json(*page);
    return exit_code::ok;
  }
  return call.with_console([&](open_console& console) {
    const auto view = console.store->view();
    if (!view) return call.fail(view.error());
    const auto node = find_node(*view, name);
    if (!node) return call.fail(node.error());
    const auto shown = node_json(view_index{*view}, **node, true);
    if (call.wants_table())
      call.print(node_card(shown));
    else
      call.print_json(shown);
    return exit_code::ok;
  });
}

bool is_drained(const cluster_view& view, const node_row& node) {
  if (node.state == node_state::stopped || node.state == node_state::dead) return true;
  return node.state == node_state::draining && view_index{view}.owned_by(node.id) == 0;
}

// Polls until the node has given everything back; 124 when the limit comes first.
exit_code wait_until_drained(invocation& call, console_store& store, const std::string& name,
                             std::optional<milliseconds> limit) {
  auto& surroundings = call.surroundings();
  const auto begin = surroundings.ticks();
  while (true) {
    const auto view = store.view();
    if (view) {
      const auto node = find_node(*view, name);
      if (!node) return call.fail(node.error());
      if (is_drained(*view, **node)) {
        const node_state state = (*node)->state;
        call.say("node " + name +
                 (state == node_state::draining ? " is drained: nothing is left there"
                                                : std::string{" is "} + to_string(state)));
        return exit_code::ok;
      }
    } else {
      if (view.error().code != errc::unavailable && view.error().code != errc::timeout)
        return call.fail(view.error());
      static_cast<void>(store.reconnect());
    }
    const auto used = std::chrono::duration_cast<milliseconds>(surroundings.ticks() - begin);
    if (limit && used >= *limit) break;
    const milliseconds wait =
        limit ? std::min(milliseconds{200}, *limit - used + milliseconds{1}) : milliseconds{200};
    if (!surroundings.pause(wait)) break;
  }
  call.complain("node " + name + " has not drained in time; it goes on draining (weir node show " + name +
                ")");
  return exit_code::late;
}

exit_code drain_node(invocation& call, const std::string& name, bool wanted,
                     const std::optional<std::string>& wait) {
  std::optional<milliseconds> limit;
  if (wait) {
    const auto given = limit_argument("--wait", *wait);
    if (!given) return call.fail(given.error());
    limit = *given;
  }
  return call.ordering().with_console([&](open_console& console) {
    auto view = console.store->view();
    if (!view) return call.fail(view.error());
    if (const auto node = find_node(*view, name); !node) return call.fail(node.error());
    if (const auto done = console.store->drain(name, wanted); !done) return call.fail(done.error());
    if (wait) {
      const auto code = wait_until_drained(call, *console.store, name, limit);
      if (code != exit_code::ok) return code;
    } else {
      call.say("node " + name + (wanted ? " is asked to drain" : " may take work again"));
    }
    if (call.wants_table()) return exit_code::ok;
    if (const auto printed = print_of_api(call, "/nodes/" + url_part(name))) return *printed;
    view = console.store->view();
    if (!view) return call.fail(view.error());
    const auto node = find_node(*view, name);
    if (!node) return call.fail(node.error());
    call.print_json(node_json(view_index{*view}, **node, true));
    return exit_code::ok;
  });
}

}  // namespace

void add_node_commands(CLI::App& root, invocation& call) {
  auto& node = add_noun(root, "node", "nodes: list, show, drain, undrain");
  auto& list = add_verb(node, "list", "all nodes, each name's newest incarnation");
  list.callback([&call] { call.chosen = list_nodes; });

  auto name = std::make_shared<std::string>();
  auto& show = add_verb(node, "show", "one node: facts, actions, what it owns");
  show.add_option("name", *name, "the node's name")->required()->type_name("NODE");
  show.callback([&call, name] { call.chosen = [name](invocation& now) { return show_node(now, *name); }; });

  auto wait = std::make_shared<std::optional<std::string>>();
  auto& drain =
      add_verb(node, "drain", "stop taking tasks, finish the running ones, hand the partitions over");
  drain.add_option("name", *name, "the node's name")->required()->type_name("NODE");
  drain.add_option("--wait", *wait, "wait until it owns nothing, at most T: exit 124 when too late")
      ->type_name("[=T]");
  drain.callback([&call, name, wait] {
    call.chosen = [name, wait](invocation& now) { return drain_node(now, *name, true, *wait); };
  });

  auto& undrain = add_verb(node, "undrain", "take work again");
  undrain.add_option("name", *name, "the node's name")->required()->type_name("NODE");
  undrain.callback([&call, name] {
    call.chosen = [name](invocation& now) { return drain_node(now, *name, false, std::nullopt); };
  });
}

}  // namespace weir::app
