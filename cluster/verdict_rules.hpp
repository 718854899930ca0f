// From a verdict to what is written: retry, fail, or done, by the action's own rules.
#pragma once

#include <weir/config.hpp>

#include "cluster/partition_owner.hpp"
#include "domain/execution.hpp"

namespace weir::cluster {

/// Applies the retry policy and the crash rule.
/// @param attempts, crashes  what the task had used up before this run.
/// @param random             uniform in [0, 1), for jitter.
settlement settle(const domain::run_verdict& verdict, int attempts, int crashes,
                  const action_options& options, double random);

/// "its node ended", and how, if that is known.
std::string message_of(const left_run& left);

/// What is known of a run whose owner ended: a crash of the task if it was started with a durable mark, else
/// interrupted.
domain::run_verdict verdict_of(const left_run& left);

}  // namespace weir::cluster
