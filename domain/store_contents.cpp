// Totals of tasks by how they ended.
#include "domain/store_contents.hpp"

#include "domain/task_state.hpp"

namespace weir::domain {

void task_totals::add(char ended) {
  const auto state = ended_by(static_cast<run_result>(ended));
  unfinished += state ? 0 : 1;
  done += state == task_state::done ? 1 : 0;
  failed += state == task_state::failed ? 1 : 0;
  cancelled += state == task_state::cancelled ? 1 : 0;
}

}  // namespace weir::domain
