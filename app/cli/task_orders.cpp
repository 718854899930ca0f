#include "app/cli/task_orders.hpp"

#include <algorithm>
#include <iterator>

#include "domain/operator_action.hpp"

namespace weir::app {

namespace {

/// Tasks of one statement that changes them, and of one that only looks for them.
constexpr std::size_t page_tasks = 1000;
constexpr std::size_t page_ids = 10'000;
/// Of one that is looked at while somebody waits: as few as a store finds within some 10 ms, wherever they are.
constexpr int page_counted = 1000;
/// Copies of one statement: their data, up to 1 MiB each, is in the database's memory at once.
constexpr std::size_t requeue_tasks = 100;

const std::vector<order_kind> kinds{
    {"cancel", "cancelled", {task_state::ready, task_state::in_progress, task_state::retry}},
    {"retry", "due now", {task_state::retry}},
    {"snooze", "snoozed", {task_state::ready, task_state::retry}},
    {"requeue", "enqueued again", {task_state::failed}}};

task_answer answer_of(task_id id, order_answer what, const order_kind& kind) {
  if (const auto why = domain::undone(what)) return {id, why->message, why->code};
  return {id, what == order_answer::asked ? "asked its owner" : kind.past};
}

/// Those need no look at what has ended, which may be a hundred times as much.
bool all_unfinished(const std::vector<task_state>& states) {
  return std::all_of(states.begin(), states.end(), [](task_state state) {
    return state == task_state::ready || state == task_state::in_progress || state == task_state::retry;
  });
}

task_request::what request_of(const order_kind& kind) {
  if (kind.verb == "cancel") return task_request::what::cancel;
  return kind.verb == "retry" ? task_request::what::retry : task_request::what::snooze;
}

result<std::vector<task_answer>> requeue(console_store& store, const order_kind& kind,
                                         const std::vector<task_id>& tasks, const std::string& who) {
  const auto made = store.requeue(tasks, who);
  if (!made) return made.error();
  std::vector<task_answer> out;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const error none = domain::not_requeued();
    if ((*made)[i] != 0)
      out.push_back({tasks[i], kind.past, errc{}, (*made)[i]});
    else
      out.push_back({tasks[i], none.message, none.code});
  }
  return out;
}

result<std::vector<task_answer>> ask_owners(console_store& store, const order_kind& kind,
                                            const std::vector<task_id>& tasks,
                                            const std::optional<wall_time>& not_before,
                                            const std::string& who) {
  const auto answers = store.order({request_of(kind), tasks, not_before, who});
  if (!answers) return answers.error();
  std::vector<task_answer> out;
  for (std::size_t i = 0; i < tasks.size(); ++i) out.push_back(answer_of(tasks[i], (*answers)[i], kind));
  return out;
}

}  // namespace

const order_kind* find_order(const std::string& verb) {
  const auto found =
      std::find_if(kinds.begin(), kinds.end(), [&](const auto& one) { return one.verb == verb; });
  return found == kinds.end() ? nullptr : &*found;
}

result<std::vector<task_id>> tasks_meant(console_store& store, const order_kind& kind, task_filter filter,
                                         std::size_t most) {
  if (filter.states.empty()) filter.states = kind.by_filter;
  if (all_unfinished(filter.states)) return store.unfinished(filter, static_cast<int>(most));
  std::vector<task_id> ids;
  do {
    filter.limit = static_cast<int>(std::min(page_ids, most - ids.size()));
    const auto page = store.ids(filter);
    if (!page) return page.error();
    ids.insert(ids.end(), page->ids.begin(), page->ids.end());
    filter.before = page->next;
  } while (filter.before && ids.size() < most);
  std::sort(ids.begin(), ids.end());
  return ids;
}

result<bounded_count> count_meant(console_store& store, const order_kind& kind, task_filter filter, int most,
                                  boot_clock::duration time, const std::function<boot_time()>& now) {
  if (filter.states.empty()) filter.states = kind.by_filter;
  if (all_unfinished(filter.states) && !filter.key) return store.unfinished_at_least(filter, most);
  const boot_time end = now() + time;
  bounded_count found;
  do {
    filter.limit = std::min(page_counted, most - found.count);
    const auto page = store.ids(filter);
    if (!page) return page.error();
    found.count += static_cast<int>(page->ids.size());
    filter.before = page->next;
    found.capped = page->next.has_value();
  } while (found.capped && found.count < most && now() < end);
  return found;
}

result<std::vector<task_answer>> carry_out(const order_desk& at, const order_kind& kind,
                                           const std::vector<task_id>& tasks,
                                           const std::optional<wall_time>& not_before, const std::string& who,
                                           const std::function<void(std::size_t)>& after_page) {
  const bool copies = kind.verb == "requeue";
  const std::size_t size = copies ? requeue_tasks : page_tasks;
  std::vector<task_answer> all;
  for (std::size_t from = 0; from < tasks.size(); from += size) {
    const auto end = std::min(tasks.size(), from + size);
    const std::vector<task_id> page(tasks.begin() + static_cast<std::ptrdiff_t>(from),
                                    tasks.begin() + static_cast<std::ptrdiff_t>(end));
    auto answers = at([&](console_store& store) {
      return copies ? requeue(store, kind, page, who) : ask_owners(store, kind, page, not_before, who);
    });
    if (!answers) return answers.error();
    std::move(answers->begin(), answers->end(), std::back_inserter(all));
    if (after_page) after_page(end);
  }
  return all;
}

}  // namespace weir::app
