#include "cluster/assigner.hpp"

#include <chrono>
#include <utility>

#include "domain/placement.hpp"

namespace weir::cluster {

std::vector<wish> assigner::moves(catalog rows, boot_time now) {
  domain::placement_input input;
  std::map<node_id, boot_time> seen;
  for (const node_row& node : rows.nodes) {
    if (node.state != node_state::active) continue;
    const auto known = active_since_.find(node.id);
    seen[node.id] = known == active_since_.end() ? now : known->second;
    input.settled_for[node.id] = std::chrono::duration_cast<std::chrono::milliseconds>(now - seen[node.id]);
  }
  active_since_ = std::move(seen);
  input.nodes = std::move(rows.nodes);
  input.streams = std::move(rows.streams);
  input.partitions = std::move(rows.partitions);
  return domain::changes(input, domain::placement(input));
}

}  // namespace weir::cluster
