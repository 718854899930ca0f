// Collecting what `explain` looks at.
#pragma once

#include "app/cli/task_explanation.hpp"

namespace weir::app {

/// @errors not_found, and what the store answers
result<task_evidence> gather_evidence(console_store& store, task_id id, wall_time now);

}  // namespace weir::app
