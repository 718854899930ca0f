// http: a web service performs the task (INTERFACE section 4).
#pragma once

#include <weir/config.hpp>
#include <weir/node.hpp>

namespace weir::actions {

/// The action that posts the task as JSON to `config.settings["url"]`, with the headers configured as
/// "headers.NAME" and with Weir-Task-Id, Weir-Attempt, Weir-Fencing-Token, and an Idempotency-Key that is the
/// same for each attempt of a task and no other's. See judge() for what the answer means (Retry-After is heard with
/// 429 and 503 only); no answer is a retry.
action make_http_action(const action_config& config);

}  // namespace weir::actions
