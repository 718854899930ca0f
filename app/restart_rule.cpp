// 0.2 s, 0.4 s, 0.8 s, ... 5 s.
#include "app/restart_rule.hpp"

#include <algorithm>

#include "app/cli/exit_code.hpp"

namespace weir::app {

namespace {

/// Ends that another start would only repeat: asked for, wrong arguments or configuration, refused by state.
bool is_for_good(const process_end& end) {
  if (end.signal != 0) return false;
  return end.code == number(exit_code::ok) || end.code == number(exit_code::usage) ||
         end.code == number(exit_code::refused) || end.code == number(exit_code::configuration);
}

}  // namespace

restart_rule::verdict restart_rule::after(const process_end& end, std::chrono::milliseconds ran_for,
                                          bool stopping) {
  verdict next;
  if (stopping || is_for_good(end)) return next;
  if (ran_for >= limits_.quick) {
    quick_crashes_ = 0;
    pause_ = limits_.first_pause;
  } else {
    ++quick_crashes_;
  }
  next.quick_crashes = quick_crashes_;
  next.gave_up = quick_crashes_ >= limits_.most_quick_crashes;
  next.again = !next.gave_up;
  next.pause = pause_;
  pause_ = std::min(pause_ * 2, limits_.longest_pause);
  return next;
}

}  // namespace weir::app
