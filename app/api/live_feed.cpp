#include "app/api/live_feed.hpp"

#include <chrono>

#include "app/cli/status_json.hpp"
#include "http/problem.hpp"

namespace weir::app {

namespace {

using namespace std::chrono_literals;

constexpr auto every = 1s;

}  // namespace

live_feed::live_feed(desk& readers)
    : readers_(readers),
      hub_([this] {
        const std::lock_guard guard(lock_);
        wake_.notify_all();
      }),
      thread_([this] { run(); }) {}

live_feed::~live_feed() {
  {
    const std::lock_guard guard(lock_);
    ending_ = true;
    wake_.notify_all();
  }
  thread_.join();
}

void live_feed::run() {
  std::unique_lock guard(lock_);
  while (!ending_) {
    if (hub_.watchers() == 0) {
      hub_.forget();
      wake_.wait(guard, [this] { return ending_ || hub_.watchers() > 0; });
      continue;
    }
    if (!looking_) looking_ = readers_.take([this](clerk& with) { look(with); });
    wake_.wait_for(guard, every, [this] { return ending_; });
  }
}

void live_feed::look(clerk& with) {
  const auto seen = with.console([](console_store& store) { return store.view(); });
  if (seen)
    hub_.publish("cluster", compact(status_json(*seen)));
  else
    hub_.publish("trouble", http::problem(seen.error()).body);
  const std::lock_guard guard(lock_);
  looking_ = false;
}

}  // namespace weir::app
