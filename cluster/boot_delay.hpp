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

/// How long it is believed what the database's clock said of the time to come: somebody may set that clock.
inline constexpr std::chrono::seconds clock_believed{10};

/// When to ask the database for what it said would be due after a delay: then, or a good deal earlier. Long waits
/// end at the same instants for all partitions of a node, so that one question serves them.
inline boot_time ask_at(boot_time now, std::chrono::milliseconds delay) {
  const auto whole = now.time_since_epoch() / clock_believed;
  return std::min(in(now, delay), boot_time{(whole + 1) * clock_believed});
}

}  // namespace weir::cluster
