// The cluster as events: one look a second for all who watch, none while nobody does.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "app/api/desk.hpp"
#include "http/event_hub.hpp"

namespace weir::app {

/// Events: `cluster`, whose data is what GET /api/v1/cluster answers; `trouble`, a problem, where that cannot be asked.
class live_feed {
 public:
  /// @param readers  outlives it.
  explicit live_feed(desk& readers);
  ~live_feed();
  live_feed(const live_feed&) = delete;
  live_feed& operator=(const live_feed&) = delete;

  http::event_hub& hub() { return hub_; }

 private:
  void run();
  void look(clerk& with);

  desk& readers_;
  std::mutex lock_;
  std::condition_variable wake_;
  bool ending_ = false;
  bool looking_ = false;  ///< an errand is at the desk
  http::event_hub hub_;
  std::thread thread_;
};

}  // namespace weir::app
