// What one run and its executor share: the wish that it ends, its timeout, the ownership it runs under.
//
// Everything is atomic: the action asks from its threads while the executor changes it from others.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include <weir/boot_clock.hpp>

namespace weir::runner {

/// An instant of the boot clock that several threads read and one moves; `zero` until it is first set.
class shared_instant {
 public:
  boot_time get() const noexcept {
    return boot_time{boot_time::duration{at_.load(std::memory_order_acquire)}};
  }
  void set(boot_time at) noexcept { at_.store(at.time_since_epoch().count(), std::memory_order_release); }

 private:
  std::atomic<boot_time::rep> at_{0};
};

/// Shared by a run's executor and its context. All members may be called from any thread.
class run_control {
 public:
  /// @param owned_until  the executor's ownership deadline, moved by every `extend`.
  explicit run_control(std::shared_ptr<const shared_instant> owned_until)
      : owned_until_(std::move(owned_until)) {
    timeout_at_.set(boot_time::max());
  }

  /// Asks the run to end, from outside (interrupt, close).
  void stop() noexcept { stopped_.store(true, std::memory_order_release); }
  void set_timeout(boot_time at) noexcept { timeout_at_.set(at); }

  bool stopped() const noexcept { return stopped_.load(std::memory_order_acquire); }
  bool timed_out(boot_time now) const noexcept { return now >= timeout_at_.get(); }
  bool disowned(boot_time now) const noexcept { return now >= owned_until_->get(); }
  /// True once the run should end, for whatever reason.
  bool should_end() const noexcept {
    if (stopped()) return true;
    const boot_time now = boot_clock::now();
    return timed_out(now) || disowned(now);
  }
  boot_time timeout_at() const noexcept { return timeout_at_.get(); }
  boot_time deadline() const noexcept { return std::min(timeout_at_.get(), owned_until_->get()); }

 private:
  std::shared_ptr<const shared_instant> owned_until_;
  shared_instant timeout_at_;
  std::atomic<bool> stopped_{false};
};

}  // namespace weir::runner
