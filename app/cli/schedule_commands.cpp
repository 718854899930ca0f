// weir schedule list|show|add|remove|pause|resume|trigger|next
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/data_argument.hpp"
#include "app/cli/schedule_text.hpp"
#include "app/cli/task_text.hpp"
#include "config/suggest.hpp"
#include "domain/names.hpp"
#include "domain/task_bounds.hpp"

namespace weir::app {

namespace {

/// What --cron, --every and the other options of `add` and `next` say.
struct schedule_options {
  std::string name;
  std::optional<std::string> task, key, data, cron, every, zone, missed;
};

exit_code with_schedules(invocation& call,
                         const std::function<exit_code(open_console&, schedule_store&)>& work) {
  return call.with_console([&](open_console& console) {
    const auto schedules = console.opened->open_schedules();
    schedules->act_as(call.identity());
    return work(console, *schedules);
  });
}

result<schedule_declaration> declaration_of(invocation& call, const schedule_options& options,
                                            std::size_t limit) {
  schedule_declaration wanted;
  wanted.name = options.name;
  wanted.task = options.task.value_or(options.name);
  wanted.key = options.key;
  wanted.cron = options.cron.value_or("");
  wanted.zone = options.zone.value_or(wanted.zone);
  if (options.every) {
    const auto every = duration_argument("--every", *options.every);
    if (!every) return every.error();
    if (every->count() == 0) return error{errc::invalid, "--every: an interval has at least 1s"};
    wanted.every = *every;
  }
  if (options.cron && options.cron->empty())
    return error{errc::invalid, "--cron: empty; write \"0 2 * * *\""};
  if (!options.cron && !options.every)
    return error{errc::invalid, "write --cron \"0 2 * * *\" or --every 15m"};
  if (options.every && options.zone)
    return error{errc::invalid, "--zone goes with --cron: an interval has no time zone"};
  if (options.missed) {
    const auto missed = parse_missed_policy(*options.missed);
    if (!missed)
      return error{errc::invalid,
                   "--missed: " + domain::in_quotes(*options.missed) + " is not skip, once or all"};
    wanted.missed = *missed;
  }
  if (options.data) {
    auto data = data_argument(call, *options.data, limit);
    if (!data) return data.error();
    if (const auto valid = domain::check_data(*data, limit); !valid)
      return error{errc::invalid, "--data: " + valid.error().message};
    wanted.data = std::move(*data);
  }
  if (auto valid = domain::check_schedule(wanted); !valid) return valid.error();
  return wanted;
}

// A store's not_found gets the nearest name; anything else is printed as it is.
exit_code fail_on_schedule(invocation& call, schedule_store& store, const std::string& name,
                           const error& problem) {
  if (problem.code != errc::not_found) return call.fail(problem);
  const auto rows = store.list();
  if (!rows) return call.fail(problem);
  std::vector<std::string> names;
  for (const auto& row : *rows) names.push_back(row.settings.name);
  return call.fail({errc::not_found, "no schedule " + domain::in_quotes(name) +
                                         config::did_you_mean(name, names) + "; see `weir schedule list`"});
}

exit_code list_schedules(invocation& call) {
  return with_schedules(call, [&](open_console&, schedule_store& store) {
    const auto rows = store.list();
    if (!rows) return call.fail(rows.error());
    auto& out = call.surroundings();
    if (call.wants_table())
      call.print(schedule_table(*rows, out.now(), out.colour(), call.width()));
    else if (call.format() == output_format::json)
      call.print_json(schedule_list_json(*rows));
    else
      for (const auto& row : *rows) call.print_json(schedule_json(row));
    return exit_code::ok;
  });
}

exit_code print_schedule(invocation& call, schedule_store& store, const std::string& name) {
  const auto row = store.find(name);
  if (!row) return fail_on_schedule(call, store, name, row.error());
  if (call.wants_table())
    call.print(schedule_card(*row));
  else
    call.print_json(schedule_json(*row));
  return exit_code::ok;
}

exit_code show_schedule(invocation& call, const std::string& name) {
  return with_schedules(
      call, [&](open_console&, schedule_store& store) { return print_schedule(call, store, name); });
}

// Does one thing to one schedule, says so, and prints it as it is now where JSON is wanted.
exit_code change_schedule(invocation& call, const std::string& name, const std::string& sentence,
                          const std::function<result<void>(schedule_store&)>& work) {
  return with_schedules(call.ordering(), [&](open_console&, schedule_store& store) {
    if (const auto done = work(store); !done) return fail_on_schedule(call, store, name, done.error());
    call.say(sentence);
    return call.wants_table() ? exit_code::ok : print_schedule(call, store, name);
  });
}

exit_code add_schedule(invocation& call, const schedule_options& options) {
  return with_schedules(call.ordering(), [&](open_console& console, schedule_store& store) {
    const auto wanted = declaration_of(call, options, console.config.limits.payload);
    if (!wanted) return call.fail(wanted.error());
    if (const auto done = store.add(*wanted); !done) return call.fail(done.error());
    call.say("schedule " + options.name + " exists");
    return call.wants_table() ? exit_code::ok : print_schedule(call, store, options.name);
  });
}

exit_code remove_schedule(invocation& call, const std::string& name) {
  return with_schedules(call.ordering(), [&](open_console&, schedule_store& store) {
    if (const auto done = store.remove(name); !done) return fail_on_schedule(call, store, name, done.error());
    call.say("schedule " + name + " is removed; a node whose configuration declares it creates it again");
    if (!call.wants_table()) call.print_json(ordered_json{{"name", name}, {"removed", true}});
    return exit_code::ok;
  });
}

exit_code pause_schedule(invocation& call, const std::string& name, const std::optional<std::string>& until) {
  const auto time = until_argument(until, call.surroundings().now(), "weir schedule resume " + name);
  if (!time) return call.fail(time.error());
  return change_schedule(call, name, "schedule " + name + " is paused" + (until ? " until " + *until : ""),
                         [&](schedule_store& store) { return store.pause(name, *time); });
}

exit_code trigger_schedule(invocation& call, const std::string& name) {
  return with_schedules(call.ordering(), [&](open_console& console, schedule_store& store) {
    const auto made = store.trigger(name, call.user());
    if (!made) return fail_on_schedule(call, store, name, made.error());
    if (call.wants_table())
      call.print(std::to_string(*made) + "\n");
    else if (const auto task = console.store->task(*made))
      call.print_json(task_json(*task));
    else
      call.print_json(ordered_json{{"id", std::to_string(*made)}});
    return exit_code::ok;
  });
}

exit_code print_ticks(invocation& call, const schedule_declaration& settings, wall_time after, int count) {
  const auto rule = domain::tick_rule::of(settings);
  if (!rule) return call.fail(rule.error());
  std::vector<wall_time> ticks;
  ticks.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) ticks.push_back(rule->next(ticks.empty() ? after : ticks.back()));
  if (call.wants_table())
    call.print(tick_table(*rule, ticks, call.surroundings().colour(), call.width()));
  else
    call.print_list(ordered_json::parse(tick_list_json(*rule, ticks)));
  return exit_code::ok;
}

exit_code next_ticks(invocation& call, const schedule_options& options, const std::string& text) {
  const auto count = number_argument("-n", text, 1, 1000);
  if (!count) return call.fail(count.error());
  const wall_time now = call.surroundings().now();
  if (options.name.empty()) {
    schedule_options rule = options;
    rule.name = "tried";
    const auto wanted = declaration_of(call, rule, 0);
    return wanted ? print_ticks(call, *wanted, now, *count) : call.fail(wanted.error());
  }
  if (options.cron || options.every || options.zone)
    return call.usage("schedule next: name a schedule, or write --cron or --every, not both");
  return with_schedules(call, [&](open_console&, schedule_store& store) {
    const auto row = store.find(options.name);
    if (!row) return fail_on_schedule(call, store, options.name, row.error());
    if (row->paused && !row->paused_until)
      call.say("schedule " + options.name + " is paused: this is when it would tick");
    const bool waits = row->paused && row->paused_until;
    const wall_time after = waits ? std::max(now, *row->paused_until - std::chrono::microseconds{1}) : now;
    return print_ticks(call, row->settings, after, *count);
  });
}

void add_rule_options(CLI::App& verb, schedule_options& options) {
  verb.add_option(
          "--cron", options.cron,
          "minute, hour, day of month, month, day of week; or @hourly @daily @weekly @monthly @yearly")
      ->type_name("LINE");
  verb.add_option("--every", options.every, "an interval, at least 1s: ticks at its whole multiples")
      ->type_name("D");
  verb.add_option("--zone", options.zone, "time zone of --cron, such as Pacific/Auckland (default UTC)")
      ->type_name("Z");
}

}  // namespace

void add_schedule_commands(CLI::App& root, invocation& call) {
  auto& noun = add_noun(root, "schedule", "schedules: list, show, add, remove, pause, resume, trigger, next");
  auto name = std::make_shared<std::string>();
  const auto verb_on_schedule = [&](const std::string& word, const std::string& help) -> CLI::App& {
    auto& verb = add_verb(noun, word, help);
    verb.add_option("schedule", *name, "the schedule's name")->required()->type_name("S");
    return verb;
  };

  auto& list = add_verb(noun, "list", "all schedules, with their next and last ticks");
  list.callback([&call] { call.chosen = list_schedules; });

  auto& show = verb_on_schedule("show", "one schedule");
  show.callback(
      [&call, name] { call.chosen = [name](invocation& now) { return show_schedule(now, *name); }; });

  auto wanted = std::make_shared<schedule_options>();
  auto& add = add_verb(noun, "add", "a new schedule; to change one, remove it first");
  add.add_option("schedule", wanted->name, "its name, 1-64 characters")->required()->type_name("S");
  add_rule_options(add, *wanted);
  add.add_option("--task", wanted->task, "name of the task that each tick enqueues (default: the schedule's)")
      ->type_name("NAME");
  add.add_option("--key", wanted->key, "key of the task")->type_name("K");
  add.add_option("--data", wanted->data,
                 "data of the task: JSON, @file, or - for standard input (default {})")
      ->type_name("JSON");
  add.add_option("--missed", wanted->missed,
                 "ticks while the cluster was away: skip, once (default: one task for all) or all")
      ->type_name("skip|once|all");
  add.callback(
      [&call, wanted] { call.chosen = [wanted](invocation& now) { return add_schedule(now, *wanted); }; });

  auto& remove = verb_on_schedule("remove", "remove a schedule; the tasks that it enqueued stay");
  remove.callback(
      [&call, name] { call.chosen = [name](invocation& now) { return remove_schedule(now, *name); }; });

  auto until = std::make_shared<std::optional<std::string>>();
  auto& pause = verb_on_schedule("pause", "enqueue nothing; ticks of the pause are dropped");
  pause.add_option("--until", *until, "resume by itself at this time (RFC 3339)")->type_name("T");
  pause.callback([&call, name, until] {
    call.chosen = [name, until](invocation& now) { return pause_schedule(now, *name, *until); };
  });

  auto& resume = verb_on_schedule("resume", "go on from now");
  resume.callback([&call, name] {
    call.chosen = [name](invocation& now) {
      return change_schedule(now, *name, "schedule " + *name + " goes on",
                             [name](schedule_store& store) { return store.resume(*name); });
    };
  });

  auto& trigger = verb_on_schedule("trigger", "enqueue its task now; its ticks stay as they are");
  trigger.callback(
      [&call, name] { call.chosen = [name](invocation& now) { return trigger_schedule(now, *name); }; });

  auto tried = std::make_shared<schedule_options>();
  auto count = std::make_shared<std::string>("5");
  auto& next =
      add_verb(noun, "next", "the next ticks, in the schedule's time zone; also of a rule to be tried");
  next.add_option("schedule", tried->name, "the schedule's name; or write --cron or --every")->type_name("S");
  next.add_option("-n,--count", *count, "how many, 1 to 1000 (default 5)")->type_name("N");
  add_rule_options(next, *tried);
  next.callback([&call, tried, count] {
    call.chosen = [tried, count](invocation& now) { return next_ticks(now, *tried, *count); };
  });
}

}  // namespace weir::app
