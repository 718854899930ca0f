// What people ask of tasks: cancel, retry, snooze, requeue. All expect the world's mutex to be held.
#pragma once

#include "drivers/memory/client.hpp"

namespace weir::memory {

std::vector<order_answer> order_tasks(world& store, const task_order& what);
/// What an owner reads of it.
std::vector<task_request> requests_of(const world& store, const std::vector<request_page>& pages, int limit);
result<std::vector<task_id>> requeue_tasks(statement& now, const std::vector<task_id>& tasks,
                                           const std::string& who);

}  // namespace weir::memory
