#include "app/cli/copy_command.hpp"

#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli/commands.hpp"
#include "app/cli/figures.hpp"
#include "app/cli/progress_lines.hpp"

namespace weir::app {

namespace {

struct copy_options {
  std::string from;
  bool history = false;
  bool merge = false;
  bool dry_run = false;
};

std::string counted(std::int64_t count, const std::string& what) {
  return grouped(count) + " " + what + (count == 1 ? "" : "s");
}

/// Those that are not 0, with commas.
std::string listed(const std::vector<std::pair<std::int64_t, std::string>>& all) {
  std::string text;
  for (const auto& [count, what] : all) {
    if (count > 0) text += (text.empty() ? "" : ", ") + counted(count, what);
  }
  return text.empty() ? "nothing" : text;
}

std::string listed(const domain::task_totals& tasks) {
  return listed({{tasks.unfinished, "unfinished task"},
                 {tasks.failed, "failed task"},
                 {tasks.done, "done task"},
                 {tasks.cancelled, "cancelled task"}});
}

ordered_json totals_json(const domain::task_totals& tasks) {
  return {{"unfinished", tasks.unfinished},
          {"failed", tasks.failed},
          {"done", tasks.done},
          {"cancelled", tasks.cancelled}};
}

void show(invocation& call, const copy_order& what, const copied_store& done) {
  const auto& made = done.made;
  if (!call.wants_table()) {
    return call.print_json(ordered_json{{"store", what.from.string()},
                                        {"dry_run", what.how.dry_run},
                                        {"tasks", totals_json(made.tasks)},
                                        {"left", totals_json(done.left)},
                                        {"streams", made.streams},
                                        {"routes", made.routes},
                                        {"schedules", made.schedules},
                                        {"paused_names", made.paused_names},
                                        {"controllers", made.controllers},
                                        {"differences", made.differences}});
  }
  std::string text = (what.how.dry_run ? "would be copied from " : "copied from ") + what.from.string() +
                     ": " + listed(made.tasks) + "\n";
  text += "with them: " +
          listed({{made.streams, "stream"},
                  {made.routes, "route"},
                  {made.schedules, "schedule"},
                  {made.paused_names, "paused task name"},
                  {made.controllers, "controller"}}) +
          "\n";
  if (done.left.all() > 0)
    text += "not copied: " + listed(done.left) + (what.history ? " of deleted streams" : "; see --history") +
            "\n";
  for (const std::string& sentence : made.differences)
    text += "stays as it is here: " + printable(sentence) + "\n";
  call.print(text);
}

exit_code copy(invocation& call, const copy_options& given) {
  const auto config = call.configuration();
  if (!config) return exit_code::configuration;
  if (const auto fits = call.check_schema(*config); !fits) return call.fail(fits.error());
  copy_order what;
  what.history = given.history;
  what.how = {given.merge, given.dry_run};
  what.patience = config->cluster.ttl;
  what.from = given.from;
  if (given.from.empty()) {
    node_config as_dev = *config;
    settle_for_dev(as_dev, call.surroundings().working_directory);
    what.from = store_of(as_dev);
  }
  progress_lines lines{call, "tasks copied"};
  const auto done =
      call.world().copy(*config, call.identity(), what, [&lines](std::int64_t now) { lines.tell(now); });
  if (!done) return call.fail(done.error());
  show(call, what, *done);
  if (!given.dry_run)
    call.say(
        "weir dev refuses this store from now on: its tasks live in the database, and nodes perform them");
  return exit_code::ok;
}

}  // namespace

void add_copy_command(CLI::App& db, invocation& call) {
  auto given = std::make_shared<copy_options>();
  auto& verb =
      add_verb(db, "copy", "take over the store of weir dev: all of it in one transaction, or nothing");
  verb.add_option("--from", given->from,
                  "its file (default: .weir/dev/weir.db beside the configuration file)")
      ->type_name("FILE");
  verb.add_flag("--history", given->history, "done and cancelled tasks, too");
  verb.add_flag("--merge", given->merge, "also into streams that have unfinished tasks in the database");
  verb.add_flag("--dry-run", given->dry_run, "only say what would be copied, and what is in the way");
  verb.callback([&call, given] { call.chosen = [given](invocation& now) { return copy(now, *given); }; });
}

}  // namespace weir::app
