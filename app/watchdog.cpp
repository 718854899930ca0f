#include "app/watchdog.hpp"

#include <algorithm>
#include <utility>

#include <pthread.h>

#include <spdlog/spdlog.h>

#include "domain/duration_text.hpp"

namespace weir::app {

using std::chrono::milliseconds;

watchdog::watchdog(milliseconds period, milliseconds patience, std::function<void()> feed)
    : every_(std::max(milliseconds{1}, period / 4)),
      patience_(patience),
      feed_(std::move(feed)),
      thread_([this] { run(); }) {}

watchdog::~watchdog() {
  {
    const std::lock_guard guard{lock_};
    ended_ = true;
  }
  ending_.notify_all();
  thread_.join();
}

void watchdog::look_at(std::function<boot_time()> last_sign) {
  const std::lock_guard guard{lock_};
  last_sign_ = std::move(last_sign);
  missed_ = 0;
}

void watchdog::run() {
  ::pthread_setname_np(::pthread_self(), "weir-watchdog");
  std::unique_lock guard{lock_};
  while (!ended_) {
    look();
    ending_.wait_for(guard, every_, [this] { return ended_; });
  }
}

void watchdog::look() {
  const auto silence = last_sign_ ? boot_clock::now() - last_sign_() : boot_clock::duration{0};
  if (silence <= patience_) {
    if (missed_ > 1) spdlog::info("the node moves again");
    missed_ = 0;
    feed_();
    return;
  }
  // The first look may fall between the end of a long wait for the database and what follows from it.
  if (++missed_ == 2) {
    spdlog::error("nothing has moved for {}: systemd's watchdog is not fed until something does",
                  domain::format_duration(std::chrono::duration_cast<milliseconds>(silence)));
  }
}

}  // namespace weir::app
