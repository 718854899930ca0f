// Delays are clamped before they are doubled: no policy, however odd, may overflow or turn negative.
#include "domain/retry_delay.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace weir::domain {
namespace {

using std::chrono::milliseconds;

milliseconds doubled(milliseconds first, milliseconds max, int times) {
  milliseconds delay = std::min(first, max);
  for (int i = 0; i < times && delay < max && delay.count() > 0; ++i) {
    delay = delay > max / 2 ? max : delay * 2;
  }
  return delay;
}

milliseconds jittered(milliseconds delay, double random01) {
  const double share = std::isnan(random01) ? 1.0 : std::clamp(random01, 0.0, 1.0);
  const milliseconds half = delay / 2;
  const auto spread = std::floor(share * static_cast<double>((delay - half).count()));
  return std::min(half + milliseconds{static_cast<std::int64_t>(spread)}, delay);
}

}  // namespace

milliseconds back_off(const retry_policy& policy, int runs_so_far, double random01) {
  const int past = std::max(runs_so_far, 1) - 1;
  if (policy.delays.empty()) return defaults::retry_first;
  const auto at_least_zero = [](milliseconds delay) { return std::max(delay, milliseconds{0}); };
  switch (policy.kind) {
    case retry_policy::shape::fixed: return at_least_zero(policy.delays.front());
    case retry_policy::shape::list:
      return at_least_zero(policy.delays[std::min(static_cast<std::size_t>(past), policy.delays.size() - 1)]);
    case retry_policy::shape::exponential: break;
  }
  // Half of the range of a duration is far above any configured one, and safe to do arithmetic in.
  const milliseconds max = std::clamp(policy.max, milliseconds{0}, milliseconds::max() / 2);
  return jittered(doubled(at_least_zero(policy.delays.front()), max, past), random01);
}

std::optional<milliseconds> retry_delay(const retry_policy& policy, int attempts_so_far, double random01) {
  if (policy.max_attempts > 0 && attempts_so_far >= policy.max_attempts) return std::nullopt;
  return back_off(policy, attempts_so_far, random01);
}

}  // namespace weir::domain
