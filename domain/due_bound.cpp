// One bound, the same in every way in; sql/ has it as a constraint of weir.task.
#include "domain/due_bound.hpp"

namespace weir::domain {

result<void> check_do_after(wall_time at) {
  constexpr std::chrono::seconds year_9999{253'370'764'800};
  if (at.time_since_epoch() < year_9999) return {};
  return error{errc::invalid, "do_after must be before the year 9999"};
}

}  // namespace weir::domain
