#include "drivers/postgres/task_search.hpp"

#include <algorithm>
#include <limits>

#include "drivers/postgres/fields.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

// How many tasks one statement looks at, so that it ends within some ten milliseconds: a row that is read in order
// costs less than a microsecond, its state some seven. Failures lie far apart: the name of each may be a page on the
// disk.
constexpr int rows_alone = 20'000;
constexpr int rows_with_states = 2'000;
constexpr int rows_far_apart = 1'000;

bool only(const task_filter& filter, std::initializer_list<task_state> among) {
  return !filter.states.empty() &&
         std::all_of(filter.states.begin(), filter.states.end(), [&](task_state state) {
           return std::find(among.begin(), among.end(), state) != among.end();
         });
}

}  // namespace

std::vector<search_way> ways_of(const task_filter& filter) {
  if (filter.key) return {{&sql::ids_by_key, rows_with_states}};
  std::vector<search_way> ways;
  const bool unfinished = only(filter, {task_state::ready, task_state::in_progress, task_state::retry});
  if (unfinished) ways.push_back({&sql::ids_unfinished, rows_with_states});
  if (filter.stream && !unfinished) ways.push_back({&sql::ids_by_stream, rows_with_states});
  if (only(filter, {task_state::failed})) {
    ways.push_back({&sql::ids_by_failure, filter.name ? rows_far_apart : rows_alone});
  } else if (only(filter, {task_state::failed, task_state::cancelled})) {
    ways.push_back({&sql::ids_by_outcome, filter.name ? rows_with_states : rows_alone});
  } else {
    ways.push_back({&sql::ids_by_order, filter.states.empty() ? rows_alone : rows_with_states});
  }
  return ways;
}

result<task_id_page> search_tasks(operator_session& on, const task_filter& filter, int most) {
  const task_id before = filter.before.value_or(std::numeric_limits<task_id>::max());
  for (const search_way& way : ways_of(filter)) {
    const auto rows = on.read(*way.statement, parameters{}
                                                  .add(before)
                                                  .add(filter.stream)
                                                  .add(filter.name)
                                                  .add(filter.key)
                                                  .add(states_or_null(filter))
                                                  .add(most + 1)
                                                  .add(std::max(way.look, most + 1)));
    if (!rows) return rows.error();
    task_id_page page;
    bool too_much = false;
    for (const auto& row : *rows) {
      if (!row[0].is_null())
        page.ids.push_back(number(row[0]));
      else if (row[1].is_null())
        too_much = true;
      else
        page.next = number(row[1]);
    }
    if (too_much) continue;
    std::sort(page.ids.rbegin(), page.ids.rend());
    if (page.ids.size() > static_cast<std::size_t>(most)) {
      page.ids.resize(static_cast<std::size_t>(most));
      page.next = page.ids.back();
    }
    return page;
  }
  return error{errc::invalid, "no way to look for these tasks"};
}

result<bounded_count> unfinished_at_least(operator_session& on, const task_filter& filter, int most) {
  const auto rows = on.read(sql::unfinished_at_least, parameters{}
                                                          .add(filter.stream)
                                                          .add(filter.name)
                                                          .add(filter.key)
                                                          .add(states_or_null(filter))
                                                          .add(most)
                                                          .add(rows_alone)
                                                          .add(rows_with_states));
  if (!rows) return rows.error();
  return bounded_count{number<int>((*rows)[0][0]), flag((*rows)[0][1])};
}

std::optional<std::string> states_or_null(const task_filter& filter) {
  if (filter.states.empty()) return std::nullopt;
  array_text states;
  for (const task_state state : filter.states) states.add(to_string(state));
  return states.take();
}

}  // namespace weir::postgres
