// SCHEDULER: steps the clockwork of schedules while this node leads, on a session and thread of its own, so that
// neither a slow firing stalls the placement nor a slow placement a tick.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/stores.hpp"
#include "cluster/scheduler.hpp"

namespace weir::actors {

struct scheduler_parts {
  driver* store = nullptr;
  cluster::scheduler_settings settings;
  caf::actor leading;  ///< the COORDINATOR of the term: ends with it, however it ends
  error_sink errors;
};

scheduler_actor::behavior_type scheduler(scheduler_actor::pointer self, scheduler_parts parts);

}  // namespace weir::actors
