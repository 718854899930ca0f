// Totals of tasks by how they ended.
#include "domain/store_contents.hpp"

#include "domain/execution.hpp"

namespace weir::domain {

void task_totals::add(char ended) {
  switch (static_cast<run_result>(ended)) {
    case run_result::success: ++done; return;
    case run_result::failure:
    case run_result::last_crash: ++failed; return;
    case run_result::cancel:
    case run_result::superseded:
    case run_result::moved: ++cancelled; return;
    default: ++unfinished; return;
  }
}

}  // namespace weir::domain
