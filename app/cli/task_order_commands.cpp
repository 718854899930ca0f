// weir task cancel|retry|snooze|requeue (ID... or filters)
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli/agreement.hpp"
#include "app/cli/arguments.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/task_filters.hpp"
#include "app/cli/task_orders.hpp"

namespace weir::app {

namespace {

/// Of one command by filter: what is over it is done by saying the command again.
constexpr std::size_t most_tasks = 100'000;

struct order_options {
  std::vector<std::string> ids;
  filter_options filters;
  bool dry_run = false;
  std::optional<std::string> pause, until;  ///< of snooze
};

result<std::vector<task_id>> tasks_said(const invocation& call, open_console& console, const order_kind& kind,
                                        const order_options& given) {
  if (given.ids.empty()) {
    auto filter = filter_of(given.filters);
    if (!filter) return filter.error();
    if (filter->states.empty()) filter->states = kind.by_filter;
    auto who = call.identity();
    who.filter = filter_json(*filter);
    console.store->act_as(std::move(who));
    return tasks_meant(*console.store, kind, std::move(*filter), most_tasks);
  }
  std::vector<task_id> ids;
  for (const std::string& text : given.ids) {
    const auto id = id_argument("task " + kind.verb, text);
    if (!id) return id.error();
    ids.push_back(*id);
  }
  return ids;
}

exit_code show_answers(invocation& call, const std::vector<task_answer>& answers) {
  ordered_json items = ordered_json::array();
  std::string text;
  exit_code worst = exit_code::ok;
  for (const task_answer& one : answers) {
    const exit_code code = one.trouble == errc{} ? exit_code::ok : exit_code_of(one.trouble);
    if (code != exit_code::ok) worst = code == exit_code::refused ? code : std::max(worst, code);
    ordered_json item{{"id", std::to_string(one.id)}, {"answer", one.word}};
    text += std::to_string(one.id) + "  " + one.word;
    if (one.made != 0) {
      item["new_id"] = std::to_string(one.made);
      text += " as " + std::to_string(one.made);
    }
    items.push_back(std::move(item));
    text += "\n";
  }
  if (call.wants_table())
    call.print(text);
  else
    call.print_list(ordered_json{{"items", items}});
  return worst;
}

/// Until when a snooze lasts; nothing for the other kinds.
result<std::optional<wall_time>> time_said(invocation& call, const order_kind& kind,
                                           const order_options& given) {
  if (kind.verb != "snooze") return std::optional<wall_time>{};
  if (given.pause.has_value() == given.until.has_value())
    return error{errc::invalid, "task snooze: give one of --for D and --until T"};
  if (given.pause) {
    const auto pause = duration_argument("--for", *given.pause);
    if (!pause) return pause.error();
    return std::optional<wall_time>{call.surroundings().now() + *pause};
  }
  const auto until = time_argument("--until", *given.until);
  if (!until) return until.error();
  if (*until <= call.surroundings().now())
    return error{errc::invalid,
                 "--until: " + *given.until + " is past; to let it start now: weir task retry"};
  return std::optional<wall_time>{*until};
}

exit_code order(invocation& call, const order_kind& kind, const order_options& given) {
  const auto not_before = time_said(call, kind, given);
  if (!not_before) return call.fail(not_before.error());
  if (given.ids.empty() == !given.filters.any()) {
    return call.usage("task " + kind.verb + ": give either ids, or at least one of --stream, --name, " +
                      "--key, --state; not both");
  }
  return call.ordering().with_console([&](open_console& console) {
    const auto meant = tasks_said(call, console, kind, given);
    if (!meant) return call.fail(meant.error());
    if (given.dry_run) {
      if (call.wants_table())
        call.print(std::to_string(meant->size()) + "\n");
      else
        call.print_json(ordered_json{{"count", meant->size()}, {"capped", meant->size() >= most_tasks}});
      return exit_code::ok;
    }
    if (meant->empty()) call.say("0 tasks");
    if (given.ids.empty() && !meant->empty() && !agreed(call, kind.verb, std::to_string(meant->size())))
      return exit_code::usage;
    const auto answers = carry_out(
        [&](const order_page& page) { return page(*console.store); }, kind, *meant, *not_before, call.user(),
        [&](std::size_t done) {
          if (done < meant->size()) call.say(std::to_string(done) + " of " + std::to_string(meant->size()));
        });
    return answers ? show_answers(call, *answers) : call.fail(answers.error());
  });
}

void add_order(CLI::App& task, const std::string& word, const std::string& help, invocation& call) {
  const order_kind& kind = *find_order(word);
  auto given = std::make_shared<order_options>();
  auto& verb = add_verb(task, word, help);
  verb.add_option("ids", given->ids, "tasks, by id; or filters")->type_name("ID");
  add_filter_options(verb, given->filters);
  verb.add_flag("--dry-run", given->dry_run, "only count what the filters mean");
  if (word == "snooze") {
    verb.add_option("--for", given->pause, "how long, as 30m")->type_name("D");
    verb.add_option("--until", given->until, "until when (RFC 3339)")->type_name("T");
  }
  verb.callback([&call, &kind, given] {
    call.chosen = [&kind, given](invocation& now) { return order(now, kind, *given); };
  });
}

}  // namespace

void add_task_order_commands(CLI::App& task, invocation& call) {
  add_order(task, "cancel", "end unfinished tasks, running ones included; without --state all of them", call);
  add_order(task, "retry", "make waiting tasks due now; without --state those in retry", call);
  add_order(task, "snooze", "let waiting tasks wait longer (--for D or --until T)", call);
  add_order(task, "requeue", "enqueue copies of tasks that have ended; without --state the failed ones",
            call);
}

}  // namespace weir::app
