#include "domain/awaited_performer.hpp"

#include <algorithm>

namespace weir::domain {

const node_row* awaited_performer(const std::vector<node_row>& nodes, const std::string& action,
                                  std::chrono::milliseconds patience) {
  const auto found = std::find_if(nodes.begin(), nodes.end(), [&](const node_row& node) {
    if (node.state == node_state::active || node.state == node_state::joining) return false;
    if (std::chrono::duration<double>{node.beat_age_seconds} >= patience) return false;
    const auto& names = node.facts.actions;
    return std::find(names.begin(), names.end(), action) != names.end();
  });
  return found == nodes.end() ? nullptr : &*found;
}

}  // namespace weir::domain
