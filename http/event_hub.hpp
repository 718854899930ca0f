// One stream of server-sent events for however many watch it: each frame is made once and shared.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace weir::http {

/// Threads: all of it, from any.
class event_hub {
 public:
  using frame = std::shared_ptr<const std::string>;
  /// Takes a frame at once and must not block: it keeps the newest one if its client is slow.
  using sink = std::function<void(frame)>;

  /// @param on_watched  called when somebody begins to watch what nobody watched; must not block. May be empty.
  explicit event_hub(std::function<void()> on_watched = {}) : on_watched_(std::move(on_watched)) {}

  /// The last frame goes to the new sink at once, if there is one.
  std::uint64_t watch(sink to);
  void leave(std::uint64_t watcher);
  std::size_t watchers() const;
  /// Sends one event to all. `data` is one line.
  void publish(const std::string& event, const std::string& data);
  /// The next one to watch waits for the next frame: what was published last is old.
  void forget();

 private:
  mutable std::mutex lock_;
  std::map<std::uint64_t, sink> sinks_;
  std::uint64_t next_ = 1;
  std::uint64_t number_ = 0;  ///< of the last event, its id
  frame last_;
  std::function<void()> on_watched_;
};

}  // namespace weir::http
