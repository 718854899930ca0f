// weir task clear: ends everything that is unfinished now
#include <algorithm>
#include <memory>
#include <set>

#include <CLI/CLI.hpp>

#include "app/cli/agreement.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/figures.hpp"
#include "app/cli/task_filters.hpp"

namespace weir::app {

namespace {

constexpr std::size_t page_tasks = 1000;
constexpr int most_at_once = 100'000;
/// For owners to answer what they were asked, while more than fits into one list is unfinished.
constexpr std::chrono::milliseconds pause{500};
constexpr int most_pauses = 60;

struct clear_options {
  filter_options filters;
  bool dry_run = false;
};

/// What was done, and which ones are left to be asked.
struct clearing {
  std::int64_t cancelled = 0;
  std::int64_t asked = 0;
  std::set<task_id> told;
};

result<bool> cancel_those(console_store& store, const std::vector<task_id>& ids, const std::string& who,
                          clearing& so_far) {
  std::vector<task_id> fresh;
  for (const task_id id : ids) {
    if (so_far.told.insert(id).second) fresh.push_back(id);
  }
  for (std::size_t from = 0; from < fresh.size(); from += page_tasks) {
    const auto end = std::min(fresh.size(), from + page_tasks);
    task_order wanted{task_request::what::cancel, {}, {}, who};
    wanted.tasks.assign(fresh.begin() + static_cast<std::ptrdiff_t>(from),
                        fresh.begin() + static_cast<std::ptrdiff_t>(end));
    const auto answers = store.order(wanted);
    if (!answers) return answers.error();
    so_far.cancelled += std::count(answers->begin(), answers->end(), order_answer::done);
    so_far.asked += std::count(answers->begin(), answers->end(), order_answer::asked);
  }
  return !fresh.empty();
}

exit_code clear_tasks(invocation& call, const clear_options& given) {
  const auto filter = filter_of(given.filters);
  if (!filter) return call.fail(filter.error());
  return call.ordering().with_console([&](open_console& console) {
    auto ids = console.store->unfinished(*filter, most_at_once);
    if (!ids) return call.fail(ids.error());
    const bool capped = ids->size() == static_cast<std::size_t>(most_at_once);
    const std::string count = grouped(static_cast<std::int64_t>(ids->size()), capped);
    if (given.dry_run) {
      if (call.wants_table())
        call.print(count + "\n");
      else
        call.print_json(ordered_json{{"count", ids->size()}, {"capped", capped}});
      return exit_code::ok;
    }
    if (!ids->empty() && !agreed(call, "cancel", count)) return exit_code::usage;
    auto who = call.identity();
    who.filter = filter_json(*filter);
    console.store->act_as(std::move(who));
    clearing done;
    for (int pauses = 0;;) {
      const auto any = cancel_those(*console.store, *ids, call.user(), done);
      if (!any) return call.fail(any.error());
      if (ids->size() < static_cast<std::size_t>(most_at_once)) break;
      if (*any)
        call.say(grouped(done.cancelled + done.asked) + " so far");
      else if (++pauses > most_pauses || !call.surroundings().pause(pause))
        break;
      ids = console.store->unfinished(*filter, most_at_once);
      if (!ids) return call.fail(ids.error());
    }
    if (call.wants_table()) {
      call.print(grouped(done.cancelled) + " cancelled" +
                 (done.asked == 0 ? "" : ", " + grouped(done.asked) + " asked of their owners") + "\n");
    } else {
      call.print_json(ordered_json{{"cancelled", done.cancelled}, {"asked", done.asked}});
    }
    return exit_code::ok;
  });
}

}  // namespace

void add_task_clear_command(CLI::App& task, invocation& call) {
  auto given = std::make_shared<clear_options>();
  auto& verb =
      add_verb(task, "clear", "end all unfinished tasks, or those that filters mean, running ones included");
  add_place_options(verb, given->filters);
  verb.add_flag("--dry-run", given->dry_run, "only count them");
  verb.callback(
      [&call, given] { call.chosen = [given](invocation& now) { return clear_tasks(now, *given); }; });
}

}  // namespace weir::app
