// weir task explain
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/task_evidence.hpp"

namespace weir::app {

namespace {

exit_code explain(invocation& call, const std::string& text) {
  const auto id = id_argument("task explain", text);
  if (!id) return call.fail(id.error());
  return call.with_console([&](open_console& console) {
    const auto seen = gather_evidence(*console.store, *id, call.surroundings().now());
    if (!seen) return call.fail(seen.error());
    if (call.wants_table())
      call.print(explanation_text(*seen, call.surroundings().colour(), call.width()));
    else
      call.print_json(explanation_json(*seen));
    return exit_code::ok;
  });
}

}  // namespace

void add_task_explain_command(CLI::App& task, invocation& call) {
  auto id = std::make_shared<std::string>();
  auto& verb = add_verb(task, "explain", "why a task runs, or does not: one sentence, then the facts");
  verb.add_option("id", *id, "the task's id")->required()->type_name("ID");
  verb.callback([&call, id] { call.chosen = [id](invocation& now) { return explain(now, *id); }; });
}

}  // namespace weir::app
