// The kernel timer that ends this process at its ownership's deadline, whatever its code is doing then.
#pragma once

#include <ctime>

#include <weir/boot_clock.hpp>
#include <weir/result.hpp>

namespace weir::runner {

/// SIGKILL for the own process at an instant of CLOCK_BOOTTIME (time suspended counts). It strikes while the
/// process is stopped, too. Not inherited by fork, gone after exec, and without effect in the first process
/// of a pid namespace: that one ignores its own SIGKILL. Use from one thread.
class deadman {
 public:
  deadman() = default;
  ~deadman();
  deadman(const deadman&) = delete;
  deadman& operator=(const deadman&) = delete;

  /// Creates or moves the timer; an instant that has passed strikes at once.
  /// @errors  internal: the kernel refused; nothing may run then.
  result<void> arm(boot_time at);

 private:
  timer_t timer_{};
  bool created_ = false;
};

}  // namespace weir::runner
