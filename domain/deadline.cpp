// The two formulas of an owner's deadline.
#include "domain/deadline.hpp"

#include <algorithm>

namespace weir::domain {

using std::chrono::milliseconds;

boot_time ownership_deadline(boot_time sent, milliseconds ttl, milliseconds margin) {
  return sent + ttl - margin;
}

milliseconds beat_retry_wait(boot_time now, boot_time deadline) {
  constexpr milliseconds shortest{100};
  constexpr milliseconds longest{1000};
  if (now >= deadline) return longest;
  return std::clamp(std::chrono::duration_cast<milliseconds>((deadline - now) / 2), shortest, longest);
}

}  // namespace weir::domain
