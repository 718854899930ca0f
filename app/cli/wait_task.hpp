// Waiting until a task has ended, through the tasks that superseded it.
#pragma once

#include <chrono>
#include <optional>

#include <weir/driver/console_store.hpp>

#include "app/cli/exit_code.hpp"
#include "app/cli/io.hpp"

namespace weir::app {

/// DONE, FAILED, CANCELLED.
bool is_final(task_state state);

struct wait_result {
  exit_code code = exit_code::late;  ///< ok: DONE; failed: FAILED or CANCELLED; late; or an error's code
  task_record last;                  ///< the task followed to, as last seen
  error problem;                     ///< when an error ended the wait
};

/// Polls until the task is final; a superseded one is followed to its successor. A database that is away
/// is waited for as well. nullopt = no limit.
wait_result wait_for_task(io& surroundings, console_store& store, task_id id,
                          std::optional<std::chrono::milliseconds> limit);

}  // namespace weir::app
