// COORDINATOR: the leader's assigner. Reads the catalog, asks the placement rule, writes the wishes.
//
// An optimiser, not a safety part: owning is a compare-and-set that each node does itself, and every wish is
// fenced by the term. It keeps nothing that another leader could not read again.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/stores.hpp"

namespace weir::actors {

struct coordinator_parts {
  driver* store = nullptr;
  node_id me = 0;
  leader_term term;
  /// Its own nodes tell it at once what they change; this is for what others write (`weir stream pin`, new streams).
  std::chrono::milliseconds every{1000};
  std::function<boot_time()> now;
  std::function<void()> on_moves;  ///< new wishes are written
  error_sink errors;
};

coordinator_actor::behavior_type coordinator(coordinator_actor::pointer self, coordinator_parts parts);

}  // namespace weir::actors
