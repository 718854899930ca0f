// The nodes as placement sees them: who can take work at all, and who can take a given stream's.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <weir/driver/types.hpp>

#include "domain/node_set.hpp"

namespace weir::domain {

/// Stands for "no node" wherever a node's number is expected.
inline constexpr int nobody = -1;

/// Numbers the nodes by name, so that the lower number settles every tie. Keeps references into `nodes`.
class roster {
 public:
  struct member {
    std::string_view name;
    std::int64_t weight = 0;
    bool present = false;  ///< active, declared, not asked to drain
    bool usable = false;   ///< present and of weight > 0
    bool settled = false;  ///< usable, and for long enough to be given more
    bool coming = false;   ///< not usable yet, but about to be
  };

  /// Who may hold a stream's partitions, and who should get those that nobody holds. A node that is new
  /// and more able than the settled ones belongs to both, but makes no present holder unfit.
  struct fitness {
    node_set hold;
    node_set take;
  };

  roster(const std::vector<node_row>& nodes, const std::map<node_id, std::chrono::milliseconds>& settled_for);

  int size() const { return static_cast<int>(members_.size()); }
  const member& at(int node) const { return members_[static_cast<std::size_t>(node)]; }
  /// The number of a name; `nobody` if no node has it.
  int find(std::string_view name) const;
  /// By capability: nodes with all routed task names, else those with any, else every usable node.
  fitness fit_for(const std::vector<std::string>& routes) const;

 private:
  std::vector<member> members_;
  std::unordered_map<std::string_view, int> numbers_;
  std::unordered_map<std::string_view, node_set> performers_;  // of a task name, usable ones only
  node_set usable_;
  node_set settled_;
};

}  // namespace weir::domain
