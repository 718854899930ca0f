// The clock of every ttl and deadline: time since boot, suspend included.
//
// std::chrono::steady_clock is CLOCK_MONOTONIC on Linux and stands still while the machine sleeps; an
// owner measured by it would believe in a deadline that everybody else saw pass. CLOCK_BOOTTIME counts
// on, and is the same for all processes of a machine (clock_gettime(2)).
#pragma once

#include <chrono>
#include <ctime>

namespace weir {

struct boot_clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<boot_clock>;
  static constexpr bool is_steady = true;

  /// Reads the clock. Safe from any thread and from signal handlers.
  static time_point now() noexcept {
    timespec t{};
    ::clock_gettime(CLOCK_BOOTTIME, &t);
    return time_point{std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec}};
  }
};

using boot_time = boot_clock::time_point;

/// Instants that people read (created_at, do_after): the database's wall clock, microseconds, UTC.
/// Never part of a safety decision.
using wall_time = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

}  // namespace weir
