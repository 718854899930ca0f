// Tasks as people list, look up and count them, on a given session.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <weir/driver/console_store.hpp>

#include "drivers/postgres/session.hpp"

namespace weir::postgres {

result<task_page> list_tasks(session& on, const task_filter& filter);
result<task_record> find_task(session& on, task_id id);
result<std::vector<attempt_record>> attempts_of(session& on, task_id id);
result<std::vector<order_answer>> order_tasks(session& on, const task_order& what);
result<std::vector<task_id>> requeue_tasks(session& on, const std::vector<task_id>& tasks,
                                           const std::string& who);
result<std::optional<task_id>> successor_of(session& on, task_id id);
result<task_facts> facts_of(session& on, task_id id);
result<std::int64_t> count_unfinished(session& on, const std::string& name, std::int64_t cap);
result<std::int64_t> count_ended(session& on);
result<std::vector<task_id>> unfinished_tasks(session& on, const task_filter& filter, int most);
result<std::vector<error_group>> recent_errors(session& on, int limit);
/// Of every stream.
result<std::vector<stream_counts>> count_streams(session& on);

}  // namespace weir::postgres
