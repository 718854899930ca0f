// The life of a task: which event may follow in which state, and where it leads.
//
//   READY, RETRY -- start --> IN PROGRESS -- success ----------------> DONE
//   READY, RETRY -- cancel, superseded, moved (without a run) ---------> CANCELLED
//   IN PROGRESS  -- failure, last crash --> FAILED      -- cancel -----------------> CANCELLED
//   IN PROGRESS  -- retry, timeout, crash --> RETRY      -- snooze, interrupted --> READY
#pragma once

#include <optional>

#include <weir/task.hpp>

#include "domain/execution.hpp"

namespace weir::domain {

/// What happens to a task: a run starts, or a result is recorded (letters as in run_result). Attempts that
/// are used up are recorded as `failure`, crashes as `last_crash`.
enum class task_event : char {
  start = '>',
  success = 'd',
  retry = 'r',
  failure = 'f',
  snooze = 'z',
  cancel = 'c',
  timeout = 't',
  crash = 'x',
  last_crash = 'X',
  interrupted = 'i',
  superseded = 's',
  moved = 'm',
};

constexpr task_event event_of(run_result result) noexcept {
  return static_cast<task_event>(static_cast<char>(result));
}

/// The state after `event`; nullopt if it cannot happen in `from` (nothing can happen to a finished task,
/// and a running one is neither superseded nor moved).
std::optional<task_state> next_state(task_state from, task_event event) noexcept;

/// The state that a result which ends its task leaves it in; nullopt for one that does not end it.
std::optional<task_state> ended_by(run_result result) noexcept;

/// DONE, FAILED, CANCELLED: nothing happens to it any more.
constexpr bool finished(task_state state) noexcept {
  return state == task_state::done || state == task_state::failed || state == task_state::cancelled;
}

/// The letter by which an unfinished task stands in `open`: w READY, i IN PROGRESS, r RETRY. Asserts that the
/// task is unfinished.
char open_letter(task_state unfinished);
/// The state of such a letter; nullopt for any other.
std::optional<task_state> state_of_open_letter(char letter) noexcept;

}  // namespace weir::domain
