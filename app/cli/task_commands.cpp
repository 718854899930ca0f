// weir task list|show|count (the other verbs have files of their own)
#include <algorithm>
#include <iterator>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/task_filters.hpp"
#include "app/cli/task_text.hpp"
#include "domain/task_bounds.hpp"

namespace weir::app {

namespace {

// Counting further than this would cost more than the figure is worth.
constexpr std::int64_t count_cap = 1'000'000;

struct list_options {
  filter_options filters;
  std::string limit = "50";
  std::optional<std::string> cursor;
};

result<task_filter> filter_of(const list_options& options) {
  auto out = filter_of(options.filters);
  if (!out) return out;
  const auto limit = number_argument("--limit", options.limit, 1, 1000);
  if (!limit) return limit.error();
  out->limit = *limit;
  if (options.cursor) {
    const auto before = id_argument("--cursor", *options.cursor);
    if (!before) return before.error();
    out->before = *before;
  }
  return out;
}

/// As many as were asked for, if there are: a page of the store ends early where few are like that among many.
result<task_page> full_page(console_store& store, task_filter filter) {
  auto all = store.tasks(filter);
  while (all && all->next && static_cast<int>(all->items.size()) < filter.limit) {
    task_filter rest = filter;
    rest.limit = filter.limit - static_cast<int>(all->items.size());
    rest.before = all->next;
    auto more = store.tasks(rest);
    if (!more) return more;
    std::move(more->items.begin(), more->items.end(), std::back_inserter(all->items));
    all->next = more->next;
  }
  return all;
}

exit_code list_tasks(invocation& call, const list_options& options) {
  const auto filter = filter_of(options);
  if (!filter) return call.fail(filter.error());
  return call.with_console([&](open_console& console) {
    const auto page = full_page(*console.store, *filter);
    if (!page) return call.fail(page.error());
    if (call.format() == output_format::ndjson) {
      for (const auto& task : page->items) call.print(task_json(task) + "\n");
    } else if (call.format() == output_format::json) {
      call.print_json(task_page_json(*page));
    } else {
      call.print(task_table(*page, call.surroundings().colour(), call.width()));
      if (page->next) call.say("more: add --cursor " + std::to_string(*page->next));
    }
    return exit_code::ok;
  });
}

exit_code show_task(invocation& call, const std::string& text) {
  const auto id = id_argument("task show", text);
  if (!id) return call.fail(id.error());
  return call.with_console([&](open_console& console) {
    const auto task = console.store->task(*id);
    if (!task) return call.fail(task.error());
    const auto attempts = console.store->attempts(*id);
    if (!attempts) return call.fail(attempts.error());
    if (call.wants_table())
      call.print(task_card(*task, *attempts, call.surroundings().colour(), call.width()));
    else
      call.print_json(task_json(*task, &*attempts));
    return exit_code::ok;
  });
}

exit_code count_tasks(invocation& call, const std::string& name) {
  if (const auto good = domain::check_name("task name", name); !good) return call.fail(good.error());
  return call.with_console([&](open_console& console) {
    const auto count = console.store->count_unfinished(name, count_cap);
    if (!count) return call.fail(count.error());
    const bool capped = *count >= count_cap;
    if (call.wants_table())
      call.print(std::to_string(*count) + "\n");
    else
      call.print_json(ordered_json{{"name", name}, {"count", *count}, {"capped", capped}});
    if (capped) call.say("at least; counting stops there");
    return exit_code::ok;
  });
}

}  // namespace

void add_task_commands(CLI::App& root, invocation& call) {
  auto& task = add_noun(
      root, "task",
      "enqueue, list, show, explain, count, errors; cancel, retry, snooze, requeue, pause, resume, clear");
  add_task_enqueue_command(task, call);

  auto filters = std::make_shared<list_options>();
  auto& list = add_verb(task, "list", "tasks, newest first");
  add_filter_options(list, filters->filters);
  list.add_option("--limit", filters->limit, "at most N, 1 to 1000 (default 50)")->type_name("N");
  list.add_option("--cursor", filters->cursor, "go on from the \"next\" of an earlier list")->type_name("C");
  list.callback(
      [&call, filters] { call.chosen = [filters](invocation& now) { return list_tasks(now, *filters); }; });

  auto id = std::make_shared<std::string>();
  auto& show = add_verb(task, "show", "one task with all its attempts");
  show.add_option("id", *id, "the task's id")->required()->type_name("ID");
  show.callback([&call, id] { call.chosen = [id](invocation& now) { return show_task(now, *id); }; });

  add_task_explain_command(task, call);
  add_task_errors_command(task, call);
  add_task_clear_command(task, call);
  add_task_order_commands(task, call);
  add_task_pause_commands(task, call);

  auto name = std::make_shared<std::string>();
  auto& count = add_verb(task, "count", "unfinished tasks of a name");
  count.add_option("name", *name, "the task name")->required()->type_name("NAME");
  count.callback(
      [&call, name] { call.chosen = [name](invocation& now) { return count_tasks(now, *name); }; });
}

}  // namespace weir::app
