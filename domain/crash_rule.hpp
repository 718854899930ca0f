// What becomes of a task whose run took its process down (DESIGN promise 8: a poisonous task does not take
// the cluster down).
#pragma once

#include <string>
#include <string_view>

namespace weir::domain {

struct crash_verdict {
  /// Run it again (after back_off, see retry_delay.hpp); otherwise it is FAILED.
  bool retry = false;
  /// For the attempt: "crashed (1 of 3): SIGSEGV", and at the end "crashed 3 times: SIGSEGV".
  std::string message;
};

/// Decides after a crash. Crashes count to max_crashes only, never to max_attempts.
/// @param crashes      of this task so far, this one included, from 1.
/// @param max_crashes  the crash with this number is the last one; below 1 counts as 1 (no "for ever").
/// @param what         how its process ended, e.g. "SIGSEGV", "exited with status 3"; may be empty.
crash_verdict after_crash(int crashes, int max_crashes, std::string_view what);

}  // namespace weir::domain
