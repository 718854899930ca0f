// What `weir run --supervise` does when its node has ended: end too, or start it again after a pause. Pure.
#pragma once

#include <chrono>

namespace weir::app {

/// How a process ended: its exit code, or the signal that killed it.
struct process_end {
  int code = 0;
  int signal = 0;  ///< 0: it exited

  /// As a shell tells it: the code, or 128 + signal.
  int status() const { return signal != 0 ? 128 + signal : code; }
};

struct restart_limits {
  std::chrono::milliseconds first_pause{200};
  std::chrono::milliseconds longest_pause{5000};
  /// A node that ran at least so long has started well: counting and pauses begin anew.
  std::chrono::milliseconds quick{10'000};
  /// The crash of this number among quick ones in a row is the last.
  int most_quick_crashes = 10;
};

class restart_rule {
 public:
  explicit restart_rule(restart_limits limits = {}) : limits_(limits), pause_(limits.first_pause) {}

  struct verdict {
    bool again = false;
    std::chrono::milliseconds pause{0};  ///< before it is started again
    int quick_crashes = 0;               ///< in a row, this one included
    bool gave_up = false;                ///< it would be started again but for too many quick crashes
  };
  /// @param stopping  somebody asked for the end: it is not started again.
  verdict after(const process_end& end, std::chrono::milliseconds ran_for, bool stopping);

 private:
  restart_limits limits_;
  std::chrono::milliseconds pause_;
  int quick_crashes_ = 0;
};

}  // namespace weir::app
