// weir task cancel|retry|snooze|requeue (ID... or filters)
#include <algorithm>
#include <functional>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/agreement.hpp"
#include "app/cli/arguments.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/task_filters.hpp"

namespace weir::app {

namespace {

/// Tasks of one statement, and of one command by filter: what is over it is done by saying the command again.
constexpr std::size_t page_tasks = 1000;
constexpr std::size_t most_tasks = 100'000;
/// Copies of one statement: their data, up to 1 MiB each, is in the database's memory at once.
constexpr std::ptrdiff_t requeue_tasks = 100;

struct order_options {
  std::vector<std::string> ids;
  filter_options filters;
  bool dry_run = false;
  std::optional<std::string> pause, until;  ///< of snooze
};

/// One kind of order, as far as they differ.
struct order_kind {
  const char* verb;                   ///< "cancel"
  const char* past;                   ///< "cancelled"
  std::vector<task_state> by_filter;  ///< the states that a filter without --state means
};

const order_kind cancel_kind{
    "cancel", "cancelled", {task_state::ready, task_state::in_progress, task_state::retry}};
const order_kind retry_kind{"retry", "due now", {task_state::retry}};
const order_kind snooze_kind{"snooze", "snoozed", {task_state::ready, task_state::retry}};
const order_kind requeue_kind{"requeue", "enqueued again", {task_state::failed}};

result<std::vector<task_id>> tasks_by_filter(console_store& store, task_filter filter) {
  std::vector<task_id> ids;
  filter.limit = static_cast<int>(page_tasks);
  for (;;) {
    const auto page = store.tasks(filter);
    if (!page) return page.error();
    for (const task_record& task : page->items) ids.push_back(task.id);
    if (!page->next || ids.size() >= most_tasks) return ids;
    filter.before = page->next;
  }
}

result<std::vector<task_id>> tasks_meant(open_console& console, const order_kind& kind,
                                         const order_options& given) {
  if (!given.ids.empty()) {
    std::vector<task_id> ids;
    for (const std::string& text : given.ids) {
      const auto id = id_argument(std::string{"task "} + kind.verb, text);
      if (!id) return id.error();
      ids.push_back(*id);
    }
    return ids;
  }
  auto filter = filter_of(given.filters);
  if (!filter) return filter.error();
  if (filter->states.empty()) filter->states = kind.by_filter;
  auto ids = tasks_by_filter(*console.store, std::move(*filter));
  // Oldest first: copies of one key must be made in the order of the tasks, or the last run has old data.
  if (ids) std::sort(ids->begin(), ids->end());
  return ids;
}

/// What the store answered for each task: the word that is shown, whether it is as wanted, and a new id.
struct task_answer {
  task_id id = 0;
  std::string word;
  exit_code code = exit_code::ok;
  task_id made = 0;
};
using carry_out =
    std::function<result<std::vector<task_answer>>(console_store&, const std::vector<task_id>&)>;

task_answer answer_of(task_id id, order_answer what, const order_kind& kind) {
  switch (what) {
    case order_answer::done: return {id, kind.past, exit_code::ok, 0};
    case order_answer::asked: return {id, "asked its owner", exit_code::ok, 0};
    case order_answer::ended: return {id, "has ended", exit_code::refused, 0};
    case order_answer::running: return {id, "is running: only cancel is for that", exit_code::refused, 0};
    case order_answer::unknown: break;
  }
  return {id, "does not exist", exit_code::not_found, 0};
}

exit_code show_answers(invocation& call, const std::vector<task_answer>& answers) {
  ordered_json items = ordered_json::array();
  std::string text;
  exit_code worst = exit_code::ok;
  for (const task_answer& one : answers) {
    if (one.code != exit_code::ok)
      worst = one.code == exit_code::refused ? one.code : std::max(worst, one.code);
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

exit_code order(invocation& call, const order_kind& kind, const order_options& given, const carry_out& work) {
  if (given.ids.empty() == !given.filters.any()) {
    return call.usage(std::string{"task "} + kind.verb +
                      ": give either ids, or at least one of --stream, --name, " +
                      "--key, --state; not both");
  }
  return call.with_console([&](open_console& console) {
    const auto meant = tasks_meant(console, kind, given);
    if (!meant) return call.fail(meant.error());
    if (given.dry_run) {
      if (call.wants_table())
        call.print(std::to_string(meant->size()) + "\n");
      else
        call.print_json(ordered_json{{"count", meant->size()}, {"capped", meant->size() >= most_tasks}});
      return exit_code::ok;
    }
    if (given.ids.empty() && !agreed(call, kind.verb, std::to_string(meant->size()))) return exit_code::usage;
    std::vector<task_answer> all;
    for (std::size_t from = 0; from < meant->size(); from += page_tasks) {
      const auto end = std::min(meant->size(), from + page_tasks);
      const std::vector<task_id> page(meant->begin() + static_cast<std::ptrdiff_t>(from),
                                      meant->begin() + static_cast<std::ptrdiff_t>(end));
      auto answers = work(*console.store, page);
      if (!answers) return call.fail(answers.error());
      std::move(answers->begin(), answers->end(), std::back_inserter(all));
      if (end < meant->size()) call.say(std::to_string(end) + " of " + std::to_string(meant->size()));
    }
    return show_answers(call, all);
  });
}

carry_out ask_owners(invocation& call, const order_kind& kind, task_order what) {
  what.who = call.user();
  return [what, &kind](console_store& store,
                       const std::vector<task_id>& ids) -> result<std::vector<task_answer>> {
    task_order wanted = what;
    wanted.tasks = ids;
    const auto answers = store.order(wanted);
    if (!answers) return answers.error();
    std::vector<task_answer> all;
    for (std::size_t i = 0; i < ids.size(); ++i) all.push_back(answer_of(ids[i], (*answers)[i], kind));
    return all;
  };
}

exit_code snooze(invocation& call, const order_options& given) {
  if (given.pause.has_value() == given.until.has_value())
    return call.usage("task snooze: give one of --for D and --until T");
  task_order what{task_request::what::snooze, {}, {}, {}};
  if (given.pause) {
    const auto pause = duration_argument("--for", *given.pause);
    if (!pause) return call.fail(pause.error());
    what.not_before = call.surroundings().now() + *pause;
  } else {
    const auto until = time_argument("--until", *given.until);
    if (!until) return call.fail(until.error());
    if (*until <= call.surroundings().now())
      return call.usage("--until: " + *given.until + " is past; to let it start now: weir task retry");
    what.not_before = *until;
  }
  return order(call, snooze_kind, given, ask_owners(call, snooze_kind, what));
}

exit_code requeue(invocation& call, const order_options& given) {
  return order(
      call, requeue_kind, given,
      [&call](console_store& store, const std::vector<task_id>& ids) -> result<std::vector<task_answer>> {
        std::vector<task_answer> all;
        for (auto at = ids.begin(); at != ids.end();) {
          const auto end = at + std::min<std::ptrdiff_t>(requeue_tasks, ids.end() - at);
          const std::vector<task_id> some(at, end);
          const auto made = store.requeue(some, call.user());
          if (!made) return made.error();
          for (std::size_t i = 0; i < some.size(); ++i) {
            if ((*made)[i] != 0)
              all.push_back({some[i], requeue_kind.past, exit_code::ok, (*made)[i]});
            else
              all.push_back({some[i], "has not ended, or does not exist", exit_code::refused, 0});
          }
          at = end;
        }
        return all;
      });
}

std::shared_ptr<order_options> add_order(CLI::App& task, const order_kind& kind, const std::string& help,
                                         invocation& call,
                                         std::function<exit_code(invocation&, const order_options&)> run) {
  auto given = std::make_shared<order_options>();
  auto& verb = add_verb(task, kind.verb, help);
  verb.add_option("ids", given->ids, "tasks, by id; or filters")->type_name("ID");
  add_filter_options(verb, given->filters);
  verb.add_flag("--dry-run", given->dry_run, "only count what the filters mean");
  if (std::string{kind.verb} == "snooze") {
    verb.add_option("--for", given->pause, "how long, as 30m")->type_name("D");
    verb.add_option("--until", given->until, "until when (RFC 3339)")->type_name("T");
  }
  verb.callback(
      [&call, given, run] { call.chosen = [given, run](invocation& now) { return run(now, *given); }; });
  return given;
}

}  // namespace

void add_task_order_commands(CLI::App& task, invocation& call) {
  add_order(task, cancel_kind, "end unfinished tasks, running ones included; without --state all of them",
            call, [](invocation& now, const order_options& given) {
              return order(now, cancel_kind, given,
                           ask_owners(now, cancel_kind, {task_request::what::cancel, {}, {}, {}}));
            });
  add_order(task, retry_kind, "make waiting tasks due now; without --state those in retry", call,
            [](invocation& now, const order_options& given) {
              return order(now, retry_kind, given,
                           ask_owners(now, retry_kind, {task_request::what::retry, {}, {}, {}}));
            });
  add_order(task, snooze_kind, "let waiting tasks wait longer (--for D or --until T)", call, snooze);
  add_order(task, requeue_kind, "enqueue copies of tasks that have ended; without --state the failed ones",
            call, requeue);
}

}  // namespace weir::app
