// The format is that of the HTML standard, section 9.2 "Server-sent events".
#include "http/event_hub.hpp"

#include <vector>

namespace weir::http {

std::uint64_t event_hub::watch(sink to) {
  std::unique_lock guard(lock_);
  const std::uint64_t id = next_++;
  const frame now = last_;
  const bool first = sinks_.empty();
  sinks_.emplace(id, to);
  guard.unlock();
  if (now) to(now);
  if (first && on_watched_) on_watched_();
  return id;
}

void event_hub::leave(std::uint64_t watcher) {
  const std::lock_guard guard(lock_);
  sinks_.erase(watcher);
}

std::size_t event_hub::watchers() const {
  const std::lock_guard guard(lock_);
  return sinks_.size();
}

void event_hub::publish(const std::string& event, const std::string& data) {
  std::vector<sink> all;
  frame made;
  {
    const std::lock_guard guard(lock_);
    made = std::make_shared<const std::string>("id: " + std::to_string(++number_) + "\nevent: " + event +
                                               "\ndata: " + data + "\n\n");
    if (!sinks_.empty()) last_ = made;  // by the time somebody comes it is old
    for (const auto& [_, each] : sinks_) all.push_back(each);
  }
  for (const auto& each : all) each(made);
}

void event_hub::forget() {
  const std::lock_guard guard(lock_);
  last_.reset();
}

}  // namespace weir::http
