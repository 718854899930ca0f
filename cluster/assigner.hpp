// The leader's look at the cluster: what it knows of nodes, turned into the wishes that must change.
//
// Keeps nothing that another leader could not learn by itself within seconds. No I/O, no clock.
#pragma once

#include <map>
#include <vector>

#include <weir/boot_clock.hpp>
#include <weir/driver/types.hpp>

namespace weir::cluster {

class assigner {
 public:
  /// @param now  when `rows` were read, by this leader's boot-time clock
  /// @return what to write; empty: all is as it should be
  std::vector<wish> moves(catalog rows, boot_time now);

 private:
  std::map<node_id, boot_time> active_since_;  ///< as this leader first saw it
};

}  // namespace weir::cluster
