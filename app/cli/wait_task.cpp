// Polls at 20 ms at first, slower and slower, never slower than twice a second.
#include "app/cli/wait_task.hpp"

#include <algorithm>

namespace weir::app {

bool is_final(task_state state) {
  return state == task_state::done || state == task_state::failed || state == task_state::cancelled;
}

namespace {

using std::chrono::milliseconds;

bool passes(errc code) {
  return code == errc::unavailable || code == errc::in_doubt || code == errc::timeout ||
         code == errc::overloaded;
}

}  // namespace

wait_result wait_for_task(io& surroundings, console_store& store, task_id id,
                          std::optional<milliseconds> limit) {
  const auto begin = surroundings.ticks();
  wait_result out;
  out.last.id = id;
  milliseconds step{20};
  while (true) {
    auto found = store.task(id);
    if (found) {
      out.last = *found;
      if (is_final(found->state)) {
        if (found->state == task_state::done) {
          out.code = exit_code::ok;
          return out;
        }
        auto next = found->state == task_state::cancelled ? store.successor(id)
                                                          : result<std::optional<task_id>>{std::nullopt};
        if (next && *next) {
          id = **next;
          continue;
        }
        if (next) {
          out.code = exit_code::failed;
          return out;
        }
        found = next.error();
      }
    }
    if (!found) {
      if (!passes(found.error().code)) {
        out.problem = found.error();
        out.code = exit_code_of(found.error().code);
        return out;
      }
      static_cast<void>(store.reconnect());
    }
    auto wait = step;
    if (limit) {
      const auto used = std::chrono::duration_cast<milliseconds>(surroundings.ticks() - begin);
      if (used >= *limit) return out;
      wait = std::min(wait, *limit - used + milliseconds{1});
    }
    if (!surroundings.pause(wait)) return out;
    step = std::min(step * 3 / 2, milliseconds{500});
  }
}

}  // namespace weir::app
