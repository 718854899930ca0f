// Doubling, with bounds.
#include "domain/careful_start.hpp"

#include <algorithm>

namespace weir::domain {

namespace {
/// More than a node usually runs of one partition at once.
constexpr int first_marks = 16;
constexpr int most_doublings = 10;
}  // namespace

int marked_starts(int unclean) {
  return unclean <= 0 ? 0 : first_marks << std::min(unclean - 1, most_doublings);
}

}  // namespace weir::domain
