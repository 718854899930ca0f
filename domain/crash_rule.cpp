// Counting crashes, and saying so.
#include "domain/crash_rule.hpp"

#include <algorithm>

namespace weir::domain {

crash_verdict after_crash(int crashes, int max_crashes, std::string_view what) {
  const int count = std::max(crashes, 1);
  const int limit = std::max(max_crashes, 1);
  crash_verdict verdict;
  verdict.retry = count < limit;
  if (verdict.retry) {
    verdict.message = "crashed (" + std::to_string(count) + " of " + std::to_string(limit) + ")";
  } else {
    verdict.message = count == 1 ? "crashed once" : "crashed " + std::to_string(count) + " times";
  }
  if (!what.empty()) verdict.message.append(": ").append(what);
  return verdict;
}

}  // namespace weir::domain
