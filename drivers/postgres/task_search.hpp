// Which tasks a filter means: by the way that is cheapest for it, whatever there is of history.
#pragma once

#include <string>
#include <vector>

#include <weir/driver/console_store.hpp>

#include "drivers/postgres/acting.hpp"
#include "drivers/postgres/parameters.hpp"
#include "drivers/postgres/sql_text.hpp"

namespace weir::postgres {

/// One way to find tasks: a statement of sql/queries/lists.sql.
struct search_way {
  const sql::statement* statement;
  int look;  ///< it looks at so many at most
};
/// In the order in which they are tried: one may find that it would have to look at too much, the last never does.
std::vector<search_way> ways_of(const task_filter& filter);

/// Ids, newest first, at most `most`; `next` as in console_store::tasks.
result<task_id_page> search_tasks(operator_session& on, const task_filter& filter, int most);

/// As console_store::unfinished_at_least.
result<bounded_count> unfinished_at_least(operator_session& on, const task_filter& filter, int most);

/// The states of a filter as a parameter: null for any.
std::optional<std::string> states_or_null(const task_filter& filter);

}  // namespace weir::postgres
