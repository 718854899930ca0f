// exec: a program of any language performs the task (INTERFACE section 4).
#pragma once

#include <weir/config.hpp>
#include <weir/node.hpp>

namespace weir::actions {

/// The action that runs `config.command` once per run: the task as JSON on stdin, WEIR_TASK_ID and so on in
/// its environment, exit status 0 success, 75 retry, other failure. Its last line of stdout is the message
/// (the last 64 KiB are kept), its stderr goes to the log (1,000 lines). Killed by a signal: throws
/// runner::crashed. Asked to end: SIGTERM to its process group, SIGKILL a second later. What it left
/// running in its group ends when it does. A program that cannot be started is a failure; a retry if only
/// processes, memory or file descriptors were short.
action make_exec_action(const action_config& config);

}  // namespace weir::actions
