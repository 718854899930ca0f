// Runs one action in the calling thread and turns whatever it does into a verdict.
#pragma once

#include <optional>
#include <string>

#include "domain/execution.hpp"
#include "runner/action_table.hpp"
#include "runner/log_sink.hpp"
#include "runner/run_control.hpp"

namespace weir::runner {

/// Performs `request` and returns its verdict; nothing is thrown. Blocks for as long as the action does.
///
/// An exception, std or not, is a retry with its text; runner::crashed is a crash. A name that is not in
/// `actions` is `interrupted`: the node decides what happens to such tasks. Once the run was asked to end
/// (or its ownership ran out), a retry or an exception is taken for the answer to that, `interrupted` or
/// `timeout`; success, failure, snooze and cancel stand as the action gave them. An exception, a crash and a
/// timeout are one line of level `error` as well.
domain::run_verdict perform(const action_table& actions, const domain::run_request& request,
                            const std::string& node, const run_control& control, const log_sink& log);

/// What an action did wrong, for the line of level `error` about it: it threw, crashed or overran its timeout. What it
/// answered, a retry or a failure, is nothing wrong.
/// @param threw  a retry that is an exception
std::optional<std::string> what_went_wrong(const domain::run_verdict& verdict, bool threw);

/// The log line of a run, its text cut to what a log takes.
log_line line_about(const domain::run_request& request, log_level level, std::string text);

}  // namespace weir::runner
