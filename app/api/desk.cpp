#include "app/api/desk.hpp"

#include <chrono>

namespace weir::app {

namespace {

using namespace std::chrono_literals;

/// Without work for so long a clerk lets its sessions go: a node that nobody looks at keeps to its eight.
constexpr auto sessions_kept = 10s;

}  // namespace

desk::desk(driver& store, std::size_t clerks, std::size_t waiting) : store_(store), most_waiting_(waiting) {
  for (std::size_t i = 0; i < clerks; ++i) clerks_.emplace_back([this] { work(); });
}

void desk::close() {
  {
    const std::lock_guard guard(lock_);
    closing_ = true;
    errands_.clear();
    wake_.notify_all();
  }
  for (auto& each : clerks_)
    if (each.joinable()) each.join();
}

bool desk::take(errand what) {
  const std::lock_guard guard(lock_);
  if (closing_ || errands_.size() >= most_waiting_) return false;
  errands_.push_back(std::move(what));
  wake_.notify_one();
  return true;
}

void desk::work() {
  clerk sessions(store_);
  std::unique_lock guard(lock_);
  for (;;) {
    const auto ready = [this] { return closing_ || !errands_.empty(); };
    if (sessions.idle()) {
      wake_.wait(guard, ready);
    } else if (!wake_.wait_for(guard, sessions_kept, ready)) {
      guard.unlock();
      sessions.close();
      guard.lock();
      continue;
    }
    if (closing_) return;
    const errand next = std::move(errands_.front());
    errands_.pop_front();
    guard.unlock();
    next(sessions);
    guard.lock();
  }
}

}  // namespace weir::app
