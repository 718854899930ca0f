// Tasks as people list, look up and count them, on a given session.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <weir/driver/console_store.hpp>

#include "drivers/postgres/acting.hpp"

namespace weir::postgres {

result<audit_page> list_audit(operator_session& on, const audit_filter& filter);
result<task_page> list_tasks(operator_session& on, const task_filter& filter);
result<task_id_page> list_ids(operator_session& on, const task_filter& filter);
result<task_record> find_task(operator_session& on, task_id id);
result<std::vector<attempt_record>> attempts_of(operator_session& on, task_id id);
result<std::vector<order_answer>> order_tasks(operator_session& on, const task_order& what);
result<std::vector<task_id>> requeue_tasks(operator_session& on, const std::vector<task_id>& tasks,
                                           const std::string& who);
result<std::optional<task_id>> successor_of(operator_session& on, task_id id);
result<task_facts> facts_of(operator_session& on, task_id id);
result<std::int64_t> count_unfinished(operator_session& on, const std::string& name, std::int64_t cap);
result<std::int64_t> count_ended(operator_session& on);
result<std::vector<task_id>> unfinished_tasks(operator_session& on, const task_filter& filter, int most);
result<std::vector<error_group>> recent_errors(operator_session& on, int limit);
/// Of every stream.
result<std::vector<stream_counts>> count_streams(operator_session& on);

}  // namespace weir::postgres
