// weir task pause NAME [--until T] | resume NAME: all tasks of a name, wherever they are.
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.hpp"
#include "app/cli/commands.hpp"
#include "domain/time_text.hpp"

namespace weir::app {

namespace {

exit_code pause_name(invocation& call, const std::string& name, const std::optional<std::string>& until) {
  const auto time = until_argument(until, call.surroundings().now(), "weir task resume " + name);
  if (!time) return call.fail(time.error());
  return call.ordering().with_console([&](open_console& console) {
    const auto done = console.store->pause_name(name, *time);
    if (!done) return call.fail(done.error());
    call.say("tasks named " + name + " are paused" + (until ? " until " + *until : ""));
    const ordered_json paused = *time ? ordered_json(domain::format_time(**time)) : ordered_json(true);
    if (!call.wants_table()) call.print_json(ordered_json{{"name", name}, {"paused", paused}});
    return exit_code::ok;
  });
}

exit_code resume_name(invocation& call, const std::string& name) {
  return call.ordering().with_console([&](open_console& console) {
    const auto done = console.store->resume_name(name);
    if (!done) return call.fail(done.error());
    call.say("tasks named " + name + " go on");
    if (!call.wants_table()) call.print_json(ordered_json{{"name", name}, {"paused", false}});
    return exit_code::ok;
  });
}

}  // namespace

void add_task_pause_commands(CLI::App& task, invocation& call) {
  auto name = std::make_shared<std::string>();
  auto until = std::make_shared<std::optional<std::string>>();
  auto& pause = add_verb(task, "pause", "start no more tasks of a name");
  pause.add_option("name", *name, "the task name")->required()->type_name("NAME");
  pause.add_option("--until", *until, "resume by itself at this time (RFC 3339)")->type_name("T");
  pause.callback([&call, name, until] {
    call.chosen = [name, until](invocation& now) { return pause_name(now, *name, *until); };
  });
  auto& resume = add_verb(task, "resume", "start tasks of a paused name again");
  resume.add_option("name", *name, "the task name")->required()->type_name("NAME");
  resume.callback(
      [&call, name] { call.chosen = [name](invocation& now) { return resume_name(now, *name); }; });
}

}  // namespace weir::app
