// A placement in the making: who holds what, how much that is, and the three steps that balance it.
//
// "Weight" makes shares: a node of weight 2 should hold twice as much as one of weight 1. Loads are
// compared as fractions in integers, so that every machine decides alike.
#pragma once

#include <cstdint>
#include <vector>

#include "domain/roster.hpp"

namespace weir::domain {

/// Streams of the same number of partitions and the same fit nodes have the same shares.
struct share_group {
  std::vector<int> hold;  ///< nodes that may hold, rising
  std::vector<int> take;  ///< nodes that should get what nobody holds, rising
  std::vector<int> low;   ///< by node: fair share rounded down
  std::vector<int> high;  ///< by node: fair share rounded up
  bool rigid = true;      ///< low == high everywhere: nothing to choose
};
share_group make_share_group(const roster& who, int partitions, const roster::fitness& fit);

/// One stream's partitions that may be spread.
struct lane {
  int group = 0;
  std::vector<int> parts;  ///< numbers of partitions, by slot
};

struct board {
  const roster* who = nullptr;
  std::vector<share_group> groups;
  std::vector<lane> lanes;
  // by number of partition
  std::vector<int> holder;      ///< node, or nobody
  std::vector<int> lane_of;     ///< nobody: fixed (pinned)
  std::vector<int> owner;       ///< node that owns it now, or nobody: moving it away costs a hand-over
  std::vector<bool> is_single;  ///< a hand-over of a single stream costs more
  // by node, and by lane and node
  std::vector<std::int64_t> load;
  std::vector<int> counts;

  /// Call once `lanes` is complete.
  void open(int partitions);
  int count(int lane, int node) const { return counts[index(lane, node)]; }
  /// Gives a partition to a node (from another one, or from nobody).
  void move(int part, int to);
  /// True if `a` with one more carries less for its weight than `b` with one more.
  bool lighter(int a, int b) const;
  /// True if one partition moved from `from` to `to` makes the heavier of the two lighter than before.
  bool improves(int from, int to) const;
  /// True if `a` carries more for its weight than `b`.
  bool heavier(int a, int b) const;

 private:
  std::size_t index(int lane, int node) const {
    return static_cast<std::size_t>(lane) * load.size() + static_cast<std::size_t>(node);
  }
};

/// Places the partitions of lanes that nobody holds.
void place_orphans(board& on);
/// Brings every lane within its shares, as far as settled nodes can take more.
void spread_lanes(board& on);
/// Evens out the totals with moves that leave every lane within its shares, until no such move improves.
void level_loads(board& on);

}  // namespace weir::domain
