// The task path, statement by statement, on a given session. task_store.cpp joins them to a store.
#pragma once

#include <vector>

#include <weir/driver/types.hpp>
#include <weir/result.hpp>

#include "drivers/postgres/session.hpp"

namespace weir::postgres {

// -- reading: task_reading.cpp
result<read_reply> read_tasks(session& on, const std::vector<read_request>& requests);
result<promote_reply> promote_tasks(session& on, const std::vector<promote_request>& requests);
result<std::vector<newer_reply>> newer_tasks(session& on, const std::vector<newer_request>& rows,
                                             const std::vector<task_id>& running);

result<std::vector<task_request>> read_requests(session& on, const std::vector<request_page>& pages,
                                                int limit);

// -- writing: task_finishing.cpp, task_inserting.cpp
result<finish_reply> finish_tasks(session& on, const finish_request& request);
/// For task_store::insert and console_store::enqueue.
result<std::vector<inserted>> insert_tasks(session& on, const std::vector<insert_row>& rows,
                                           const hand_offer& offer = {});

}  // namespace weir::postgres
