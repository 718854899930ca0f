// The highest timeline of the database's server that this process has seen.
//
// A url may name several servers, and an old primary that comes back after a fail-over takes connections as if nothing
// had happened: what is written there is lost. Whoever has seen the new timeline goes back to none before it.
#pragma once

#include <cstdint>
#include <mutex>

namespace weir::postgres {

/// Any thread.
class newest_server {
 public:
  /// Takes note of a server; 0 if it is as new as any that was seen, else the timeline that it is behind. Another
  /// system identifier is another database and starts anew.
  std::int32_t behind(std::int64_t system, std::int32_t timeline) {
    const std::lock_guard guard{mutex_};
    if (system == system_ && timeline < timeline_) return timeline_;
    system_ = system;
    timeline_ = timeline;
    return 0;
  }

 private:
  std::mutex mutex_;
  std::int64_t system_ = 0;
  std::int32_t timeline_ = 0;
};

}  // namespace weir::postgres
