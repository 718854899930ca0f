// weir leader show|resign|history
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/status_json.hpp"
#include "app/cli/status_table.hpp"
#include "domain/time_text.hpp"

namespace weir::app {

namespace {

exit_code show_leader(invocation& call) {
  return call.with_console([&](open_console& console) {
    const auto view = console.store->view();
    if (!view) return call.fail(view.error());
    if (!call.wants_table()) {
      call.print_json(leader_json(view->leader));
    } else if (view->leader) {
      call.print(printable(view->leader->node_name) + "  term " + std::to_string(view->leader->fence.term) +
                 "  since " + domain::format_time(view->leader->elected_at) + "\n");
    } else {
      call.say("no leader");
    }
    return exit_code::ok;
  });
}

exit_code show_history(invocation& call, const std::string& text) {
  const auto limit = number_argument("-n", text, 1, 1000);
  if (!limit) return call.fail(limit.error());
  return call.with_console([&](open_console& console) {
    const auto terms = console.store->leaders(*limit);
    if (!terms) return call.fail(terms.error());
    if (call.wants_table())
      call.print(leader_table(*terms, call.surroundings().colour(), call.width()));
    else
      call.print_list(leader_history_json(*terms));
    return exit_code::ok;
  });
}

exit_code resign(invocation& call) {
  return call.ordering().with_console([&](open_console& console) {
    const auto ended = console.store->resign_leader();
    if (!ended) return call.fail(ended.error());
    call.say("node " + ended->node_name + " leads no more (term " + std::to_string(ended->fence.term) +
             "); another one is elected within about two seconds");
    if (!call.wants_table()) call.print_json(leader_history_json({*ended}).at("items").at(0));
    return exit_code::ok;
  });
}

}  // namespace

void add_leader_commands(CLI::App& root, invocation& call) {
  auto& leader = add_noun(root, "leader", "who assigns partitions: show, resign, history");
  auto& show = add_verb(leader, "show", "the present leader");
  show.callback([&call] { call.chosen = show_leader; });

  auto& step_down = add_verb(leader, "resign", "let another node lead; running tasks do not notice");
  step_down.callback([&call] { call.chosen = resign; });

  auto limit = std::make_shared<std::string>("20");
  auto& history = add_verb(leader, "history", "the last leaders, newest first, and why each ended");
  history.add_option("-n,--limit", *limit, "at most N, 1 to 1000 (default 20)")->type_name("N");
  history.callback(
      [&call, limit] { call.chosen = [limit](invocation& now) { return show_history(now, *limit); }; });
}

}  // namespace weir::app
