// weir task errors: what goes wrong lately, by name and message
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/table.hpp"
#include "app/cli/task_text.hpp"
#include "domain/time_text.hpp"

namespace weir::app {

namespace {

exit_code show_errors(invocation& call, const std::string& limit_text) {
  const auto limit = number_argument("--limit", limit_text, 1, 1000);
  if (!limit) return call.fail(limit.error());
  return call.with_console([&](open_console& console) {
    const auto groups = console.store->errors(*limit);
    if (!groups) return call.fail(groups.error());
    if (!call.wants_table()) {
      ordered_json items = ordered_json::array();
      for (const error_group& group : *groups) {
        items.push_back({{"name", group.name},
                         {"result", result_word(group.result)},
                         {"message", group.message},
                         {"count", group.count},
                         {"last_task", std::to_string(group.last_task)},
                         {"last_at", domain::format_time(group.last_at)}});
      }
      call.print_list(ordered_json{{"items", items}});
      return exit_code::ok;
    }
    const table rows = error_table(*groups, call.surroundings().now(), look::plain);
    if (rows.empty())
      call.say("no task has failed, none waits for a retry");
    else
      call.print(rows.text(call.surroundings().colour(), call.width()));
    return exit_code::ok;
  });
}

}  // namespace

void add_task_errors_command(CLI::App& task, invocation& call) {
  auto limit = std::make_shared<std::string>("20");
  auto& verb = add_verb(task, "errors", "what failed tasks and those in retry say, the latest first");
  verb.add_option("--limit", *limit, "at most N groups, 1 to 1000 (default 20)")->type_name("N");
  verb.callback(
      [&call, limit] { call.chosen = [limit](invocation& now) { return show_errors(now, *limit); }; });
}

}  // namespace weir::app
