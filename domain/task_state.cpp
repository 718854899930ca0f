// The transitions, one function per state that has any.
#include "domain/task_state.hpp"

#include <weir/assert.hpp>

namespace weir::domain {
namespace {

// READY and RETRY: it waits for its turn, which comes, or it ends without another run.
std::optional<task_state> after_waiting(task_event event) noexcept {
  switch (event) {
    case task_event::start: return task_state::in_progress;
    case task_event::cancel:
    case task_event::superseded:
    case task_event::moved: return task_state::cancelled;
    case task_event::success:
    case task_event::retry:
    case task_event::failure:
    case task_event::snooze:
    case task_event::timeout:
    case task_event::crash:
    case task_event::last_crash:
    case task_event::interrupted: return std::nullopt;
  }
  return std::nullopt;
}

std::optional<task_state> after_running(task_event event) noexcept {
  switch (event) {
    case task_event::success: return task_state::done;
    case task_event::failure:
    case task_event::last_crash: return task_state::failed;
    case task_event::cancel: return task_state::cancelled;
    case task_event::retry:
    case task_event::timeout:
    case task_event::crash: return task_state::retry;
    case task_event::snooze:
    case task_event::interrupted: return task_state::ready;  // no fault of its own: it just waits again
    case task_event::start:
    case task_event::superseded:
    case task_event::moved: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<task_state> next_state(task_state from, task_event event) noexcept {
  switch (from) {
    case task_state::ready:
    case task_state::retry: return after_waiting(event);
    case task_state::in_progress: return after_running(event);
    case task_state::done:
    case task_state::failed:
    case task_state::cancelled: return std::nullopt;
  }
  return std::nullopt;
}

std::optional<task_state> ended_by(run_result result) noexcept {
  switch (result) {
    case run_result::success: return task_state::done;
    case run_result::failure:
    case run_result::last_crash: return task_state::failed;
    case run_result::cancel:
    case run_result::superseded:
    case run_result::moved: return task_state::cancelled;
    case run_result::retry:
    case run_result::snooze:
    case run_result::timeout:
    case run_result::crash:
    case run_result::interrupted: return std::nullopt;
  }
  return std::nullopt;  // no result at all: a row without an attempt
}

char open_letter(task_state unfinished) {
  WEIR_ASSERT(!finished(unfinished));
  if (unfinished == task_state::in_progress) return 'i';
  return unfinished == task_state::retry ? 'r' : 'w';
}

std::optional<task_state> state_of_open_letter(char letter) noexcept {
  switch (letter) {
    case 'w': return task_state::ready;
    case 'i': return task_state::in_progress;
    case 'r': return task_state::retry;
    default: return std::nullopt;
  }
}

}  // namespace weir::domain
