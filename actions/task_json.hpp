// A task as JSON, the way programs outside see it (INTERFACE section 3).
#pragma once

#include <string>

#include <weir/task.hpp>

namespace weir::actions {

/// One line of JSON text of a task that is being run: state IN PROGRESS, all keys present, ids as strings,
/// times RFC 3339. An action is not told its task's do_after, message and finished_at: null.
std::string task_json(const task& what);

}  // namespace weir::actions
