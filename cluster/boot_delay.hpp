// A delay from now, on the boot-time clock.
#pragma once

#include <algorithm>
#include <chrono>

#include <weir/boot_clock.hpp>

namespace weir::cluster {

/// `now` plus a delay; one that has passed already counts as none.
inline boot_time in(boot_time now, std::chrono::milliseconds delay) {
  return now + std::max(delay, std::chrono::milliseconds{0});
}

}  // namespace weir::cluster
