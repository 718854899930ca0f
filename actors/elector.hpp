// ELECTOR: steps the election once a second on a session and thread of its own.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/stores.hpp"

namespace weir::actors {

struct elector_parts {
  driver* store = nullptr;
  cluster::elector_settings settings;
  std::chrono::milliseconds every{1000};
  std::function<boot_time()> now;
  std::function<double()> random;                                  ///< spreads the tries of several nodes
  std::function<void(const cluster::elector::change&)> on_change;  ///< called on the elector's thread
};

/// Takes its first step when it is told to, and then steps by itself.
elector_actor::behavior_type elector(elector_actor::pointer self, elector_parts parts);

}  // namespace weir::actors
