// When a task is tried again, and when no more.
#pragma once

#include <chrono>
#include <optional>

#include <weir/config.hpp>

namespace weir::domain {

/// The wait of the policy's shape before the run after `runs_so_far` counted runs (from 1; less counts as 1).
///
/// fixed: always the one delay. list: each in turn, the last repeats. exponential: the first delay doubles
/// with every run up to `max`, then jitter spreads it over [d/2, d], so that tasks that failed together do
/// not come back together. Never negative, never above the policy's largest delay, no overflow for any
/// input; a policy without delays waits defaults::retry_first.
/// @param random01  in [0, 1], handed in; used by exponential only.
std::chrono::milliseconds back_off(const retry_policy& policy, int runs_so_far, double random01);

/// The wait before the next attempt, nullopt when the attempts are used up: then the task is FAILED.
///
/// An action that gave its own delay still uses up an attempt: ask here first, then take its delay.
/// @param attempts_so_far  runs that count to max_attempts, the one that just ended included, from 1.
std::optional<std::chrono::milliseconds> retry_delay(const retry_policy& policy, int attempts_so_far,
                                                     double random01);

}  // namespace weir::domain
