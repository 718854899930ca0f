// Inserting tasks, routed or handed: by a lean statement, and by a function where that has to look twice.
#include <algorithm>
#include <map>
#include <tuple>

#include "domain/task_bounds.hpp"
#include "domain/trace_context.hpp"
#include "drivers/postgres/fields.hpp"
#include "drivers/postgres/task_statements.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

/// What the database checks for producers of SQL only.
result<void> check_rows(const std::vector<insert_row>& tasks) {
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    auto good = domain::check_name("task name", tasks[i].name);
    if (good && tasks[i].key) good = domain::check_key(*tasks[i].key);
    if (good && !tasks[i].traceparent.empty()) good = domain::check_traceparent(tasks[i].traceparent);
    if (good) continue;
    if (tasks.size() == 1) return good;
    return error{good.error().code, "task " + std::to_string(i + 1) + " of " + std::to_string(tasks.size()) +
                                        ": " + good.error().message};
  }
  return {};
}

/// One value of each row; empty if no row has it, which the database need not read element by element then.
template <class Value>
array_text column(const std::vector<insert_row>& tasks, Value value) {
  array_text all;
  bool any = false;
  for (const insert_row& task : tasks) {
    const auto one = value(task);
    any = any || one;
    all.add(one);
  }
  return any ? std::move(all) : array_text{};
}

/// Rows of one message lie side by side: each message once, and how many rows it has.
std::pair<array_text, array_text> messages(const std::vector<insert_row>& tasks) {
  array_text tokens, sizes;
  bool any = false;
  for (auto at = tasks.begin(); at != tasks.end();) {
    const auto end =
        std::find_if(at, tasks.end(), [&](const insert_row& task) { return task.token != at->token; });
    any = any || !at->token.empty();
    tokens.add(unless_empty(at->token));
    sizes.add(std::int64_t{end - at});
    at = end;
  }
  if (!any) return {};
  return {std::move(tokens), std::move(sizes)};
}

/// What both statements take of the rows and of the offer.
struct columns {
  explicit columns(const std::vector<insert_row>& tasks, const hand_offer& offer) {
    for (const insert_row& task : tasks) datas.add(task.data);
    for (const fence& held : offer.held) {
      held_parts.add(held.part);
      held_epochs.add(held.epoch);
    }
    keys = column(tasks, [](const insert_row& task) {
      return task.key ? unless_empty(*task.key) : std::optional<std::string_view>{};
    });
    created_bys = column(tasks, [](const insert_row& task) { return task.created_by; });
    traces = column(tasks, [](const insert_row& task) { return unless_empty(task.traceparent); });
    do_afters = column(tasks, [](const insert_row& task) {
      return task.do_after ? std::optional{microseconds_of(*task.do_after)} : std::nullopt;
    });
    std::tie(tokens, sizes) = messages(tasks);
  }

  array_text keys, datas, created_bys, traces, do_afters, tokens, sizes, held_parts, held_epochs;
};

/// Names and streams, each pair once, and which of them each row has, from 1.
struct shared_names {
  explicit shared_names(const std::vector<insert_row>& tasks) {
    using pair = std::pair<std::string_view, std::optional<std::string_view>>;
    std::map<pair, std::int64_t> known;
    const insert_row* last = nullptr;
    std::int64_t place = 0;
    for (const insert_row& task : tasks) {
      if (last == nullptr || last->name != task.name || last->stream != task.stream) {
        const auto next = static_cast<std::int64_t>(known.size()) + 1;
        const auto [at, fresh] = known.emplace(pair{task.name, task.stream}, next);
        place = at->second;
        if (fresh) {
          names.add(task.name);
          streams.add(task.stream);
        }
      }
      places.add(place);
      last = &task;
    }
  }

  array_text names, streams, places;
};

/// @returns nothing if the rows want a second look: then none was inserted
result<std::optional<std::vector<inserted>>> insert_new(session& on, const std::vector<insert_row>& tasks,
                                                        const hand_offer& offer) {
  columns of(tasks, offer);
  shared_names shared(tasks);
  parameters with;
  with.add(shared.names).add(shared.streams).add(shared.places);
  with.add(of.keys).add(of.datas).add(of.do_afters).add(of.created_bys).add(of.traces);
  with.add(offer.me).add(of.held_parts).add(of.held_epochs).add(of.tokens).add(of.sizes);
  const auto rows = on.run(sql::insert_new_tasks, with, effect::writes);
  if (!rows) {
    if (rows.error().code == errc::conflict) return std::optional<std::vector<inserted>>{};
    return rows.error();
  }
  if (rows->empty()) return std::optional<std::vector<inserted>>{};
  const auto& row = (*rows)[0];
  const auto ids = numbers<task_id>(row[0]);
  const auto parts = numbers<part_id>(row[1]);
  const auto held = numbers<part_id>(row[2]);
  const auto later = numbers<std::size_t>(row[3]);
  WEIR_ASSERT(ids.size() == tasks.size() && parts.size() == tasks.size());
  inserted shared_by_all;
  shared_by_all.xid = number<transaction_id>(row[4]);
  shared_by_all.created_at = instant(row[5]);
  shared_by_all.created_by = text(row[6]);
  std::vector<inserted> made(tasks.size(), shared_by_all);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    inserted& one = made[i];
    one.id = ids[i];
    one.part = parts[i];
    one.handed = std::binary_search(held.begin(), held.end(), one.part);
    if (tasks[i].created_by) one.created_by = *tasks[i].created_by;
  }
  for (const std::size_t place : later) made[place - 1].handed = false;
  return std::optional{std::move(made)};
}

/// Also of messages that came before, and tells what is wrong.
result<std::vector<inserted>> insert_any(session& on, const std::vector<insert_row>& tasks,
                                         const hand_offer& offer) {
  columns of(tasks, offer);
  array_text names;
  for (const insert_row& task : tasks) names.add(task.name);
  auto streams = column(tasks, [](const insert_row& task) { return task.stream; });
  parameters with;
  with.add(names).add(of.keys).add(of.datas).add(streams).add(of.do_afters).add(of.created_bys);
  with.add(offer.me).add(of.held_parts).add(of.held_epochs).add(of.tokens).add(of.sizes).add(of.traces);
  const auto rows = on.run(sql::insert_tasks, with, effect::writes);
  if (!rows) return rows.error();
  WEIR_ASSERT(row_count(*rows) == tasks.size());
  // First the new ones in the order of the rows, then those that answer an earlier message, with their places.
  std::vector<inserted> made(tasks.size());
  std::vector<bool> repeats(tasks.size());
  for (const auto& row : *rows) {
    if (!row[6].is_null()) repeats[number<std::size_t>(row[6]) - 1] = true;
  }
  std::size_t next = 0;
  for (const auto& row : *rows) {
    while (row[6].is_null() && repeats[next]) ++next;
    inserted& one = made[row[6].is_null() ? next++ : number<std::size_t>(row[6]) - 1];
    one.id = number(row[0]);
    one.xid = number<transaction_id>(row[1]);
    one.part = number<part_id>(row[2]);
    one.handed = flag(row[3]);
    one.created_by = text(row[4]);
    one.created_at = instant(row[5]);
  }
  return made;
}

}  // namespace

result<std::vector<inserted>> insert_tasks(session& on, const std::vector<insert_row>& tasks,
                                           const hand_offer& offer) {
  if (tasks.empty()) return std::vector<inserted>{};
  if (auto good = check_rows(tasks); !good) return good.error();
  // Whoever is no node tells the nodes of what he inserted, which the function does.
  if (offer.me > 0) {
    auto made = insert_new(on, tasks, offer);
    if (!made) return made.error();
    if (*made) return std::move(**made);
  }
  return insert_any(on, tasks, offer);
}

}  // namespace weir::postgres
