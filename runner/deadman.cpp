// timer_create(CLOCK_BOOTTIME) with SIGKILL; absolute, so that a late call cannot lengthen it.
#include "runner/deadman.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

namespace weir::runner {

namespace {

error refused(const char* call) {
  return {errc::internal, std::string{call} + " refused the runner's kernel timer: " + std::strerror(errno)};
}

}  // namespace

deadman::~deadman() {
  if (created_) ::timer_delete(timer_);
}

result<void> deadman::arm(boot_time at) {
  if (!created_) {
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGKILL;
    if (::timer_create(CLOCK_BOOTTIME, &event, &timer_) != 0) return refused("timer_create");
    created_ = true;
  }
  // Zero would disarm the timer: an instant before all time is one that has passed.
  const auto ns = std::max<boot_time::rep>(at.time_since_epoch().count(), 1);
  itimerspec when{};
  when.it_value.tv_sec = ns / 1'000'000'000;
  when.it_value.tv_nsec = ns % 1'000'000'000;
  if (::timer_settime(timer_, TIMER_ABSTIME, &when, nullptr) != 0) return refused("timer_settime");
  return {};
}

}  // namespace weir::runner
