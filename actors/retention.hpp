// RETENTION: lets ended tasks go while this node leads, on a thread of its own, and on a session that is open only
// while there is something to do: an idle node keeps to its eight.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/stores.hpp"
#include "cluster/retention.hpp"

namespace weir::actors {

struct retention_parts {
  driver* store = nullptr;
  cluster::retention_settings settings;
  caf::actor leading;  ///< the COORDINATOR of the term: ends with it, however it ends
  error_sink errors;
};

retention_actor::behavior_type retention(retention_actor::pointer self, retention_parts parts);

}  // namespace weir::actors
