// Balancing. Every step makes one move at a time, from the heaviest to the lightest, so that nobody gives or
// gets more than the end needs. Nodes are looked at by rising number and replaced only by better ones, so a
// tie goes to the first name.
#include "domain/balance.hpp"

#include <algorithm>
#include <cstddef>

#include <weir/assert.hpp>

namespace weir::domain {
namespace {

std::size_t at(int number) { return static_cast<std::size_t>(number); }

// How well a node's share of a lane bears one more: 0 it lacks one, 1 it may have one more, 2 it has enough.
int fullness(const board& on, int lane, int node) {
  const share_group& group = on.groups[at(on.lanes[at(lane)].group)];
  const int count = on.count(lane, node);
  if (count < group.low[at(node)]) return 0;
  return count < group.high[at(node)] ? 1 : 2;
}

// The best node for an orphan: first one that lacks a partition of this lane, then the lightest.
int best_taker(const board& on, int lane) {
  int best = nobody;
  int best_fullness = 0;
  for (const int node : on.groups[at(on.lanes[at(lane)].group)].take) {
    const int full = fullness(on, lane, node);
    if (best == nobody || full < best_fullness || (full == best_fullness && on.lighter(node, best))) {
      best = node;
      best_fullness = full;
    }
  }
  return best;
}

// An orphan that somebody still owns is best left there: then it does not move at all.
int present_owner(const board& on, int lane, int part) {
  const int owner = on.owner[at(part)];
  if (owner == nobody || fullness(on, lane, owner) > 1) return nobody;
  const auto& take = on.groups[at(on.lanes[at(lane)].group)].take;
  return std::binary_search(take.begin(), take.end(), owner) ? owner : nobody;
}

// A settled node whose share of the lane is at most this full; the lightest one.
int lightest_receiver(const board& on, int lane, int limit) {
  int best = nobody;
  for (const int node : on.groups[at(on.lanes[at(lane)].group)].hold) {
    if (!on.who->at(node).settled || fullness(on, lane, node) > limit) continue;
    if (best == nobody || on.lighter(node, best)) best = node;
  }
  return best;
}

// The heaviest node that holds more of the lane than `bound` says (one of the group's low, high).
int heaviest_giver(const board& on, int lane, const std::vector<int>& bound) {
  int best = nobody;
  for (const int node : on.groups[at(on.lanes[at(lane)].group)].hold) {
    if (on.count(lane, node) <= bound[at(node)]) continue;
    if (best == nobody || on.heavier(node, best)) best = node;
  }
  return best;
}

// What a move away from its holder costs: 0 nothing, 1 a hand-over, 2 a single stream's hand-over.
int cost(const board& on, int part) {
  if (on.owner[at(part)] != on.holder[at(part)]) return 0;
  return on.is_single[at(part)] ? 2 : 1;
}

int cheapest_part(const board& on, int lane, int holder) {
  int best = nobody;
  for (const int part : on.lanes[at(lane)].parts) {
    if (on.holder[at(part)] != holder) continue;
    if (best == nobody || cost(on, part) <= cost(on, best)) best = part;
  }
  return best;
}

bool spread_one(board& on, int lane) {
  const share_group& group = on.groups[at(on.lanes[at(lane)].group)];
  const int over = heaviest_giver(on, lane, group.high);
  int to = lightest_receiver(on, lane, 0);
  if (to == nobody && over != nobody) to = lightest_receiver(on, lane, 1);
  const int from = over != nobody ? over : heaviest_giver(on, lane, group.low);
  if (to == nobody || from == nobody) return false;
  on.move(cheapest_part(on, lane, from), to);
  return true;
}

// The moves that level_loads may still make, by node.
class leveller {
 public:
  explicit leveller(board& on)
      : on_(on), held_(on.load.size()), next_(on.load.size()), spent_(on.load.size()) {
    for (std::size_t part = 0; part < on.holder.size(); ++part) {
      const int lane = on.lane_of[part];
      const int holder = on.holder[part];
      if (lane == nobody || holder == nobody || on.groups[at(on.lanes[at(lane)].group)].rigid) continue;
      held_[at(holder)].push_back(static_cast<int>(part));
    }
    for (auto& parts : held_) {
      std::stable_sort(parts.begin(), parts.end(), [&](int a, int b) { return cost(on_, a) < cost(on_, b); });
    }
  }

  // One pass: from the heaviest node that still has something to give, until none has. A move may make a
  // move possible that was not before, so the end is a pass without any.
  bool pass() {
    std::fill(next_.begin(), next_.end(), 0U);
    std::fill(spent_.begin(), spent_.end(), false);
    bool moved = false;
    for (int from = heaviest(); from != nobody; from = heaviest()) {
      if (give_one(from)) {
        moved = true;
      } else {
        spent_[at(from)] = true;
      }
    }
    return moved;
  }

 private:
  int heaviest() const {
    int best = nobody;
    for (int node = 0; node < on_.who->size(); ++node) {
      if (spent_[at(node)] || !on_.who->at(node).usable) continue;
      if (best == nobody || on_.heavier(node, best)) best = node;
    }
    return best;
  }

  bool anybody_lighter(int from) const {
    for (int node = 0; node < on_.who->size(); ++node) {
      if (on_.who->at(node).settled && on_.improves(from, node)) return true;
    }
    return false;
  }

  int receiver(int part, int from) const {
    const int lane = on_.lane_of[at(part)];
    const share_group& group = on_.groups[at(on_.lanes[at(lane)].group)];
    if (on_.count(lane, from) <= group.low[at(from)]) return nobody;
    int best = nobody;
    for (const int node : group.hold) {
      if (!on_.who->at(node).settled || !on_.improves(from, node)) continue;
      if (on_.count(lane, node) >= group.high[at(node)]) continue;
      if (best == nobody || on_.lighter(node, best)) best = node;
    }
    return best;
  }

  bool give_one(int from) {
    if (!anybody_lighter(from)) return false;
    auto& parts = held_[at(from)];
    for (std::size_t& i = next_[at(from)]; i < parts.size(); ++i) {
      const int part = parts[i];
      if (on_.holder[at(part)] != from) continue;
      const int to = receiver(part, from);
      if (to == nobody) continue;
      on_.move(part, to);
      held_[at(to)].push_back(part);
      ++i;
      return true;
    }
    return false;
  }

  board& on_;
  std::vector<std::vector<int>> held_;
  std::vector<std::size_t> next_;
  std::vector<bool> spent_;
};

}  // namespace

share_group make_share_group(const roster& who, int partitions, const roster::fitness& fit) {
  share_group made;
  made.low.resize(at(who.size()));
  made.high.resize(at(who.size()));
  std::int64_t total = 0;
  for (int node = 0; node < who.size(); ++node) {
    if (fit.take.contains(node)) made.take.push_back(node);
    if (!fit.hold.contains(node)) continue;
    made.hold.push_back(node);
    total += who.at(node).weight;
  }
  for (const int node : made.hold) {
    const std::int64_t parts = partitions * who.at(node).weight;
    made.low[at(node)] = static_cast<int>(parts / total);
    made.high[at(node)] = static_cast<int>((parts + total - 1) / total);
    if (made.low[at(node)] != made.high[at(node)]) made.rigid = false;
  }
  return made;
}

void board::open(int partitions) {
  holder.assign(at(partitions), nobody);
  owner.assign(at(partitions), nobody);
  is_single.assign(at(partitions), false);
  lane_of.assign(at(partitions), nobody);
  load.assign(at(who->size()), 0);
  counts.assign(lanes.size() * load.size(), 0);
  for (std::size_t number = 0; number < lanes.size(); ++number) {
    for (const int part : lanes[number].parts) lane_of[at(part)] = static_cast<int>(number);
  }
}

void board::move(int part, int to) {
  WEIR_ASSERT(part != nobody);
  WEIR_ASSERT(to != nobody);
  const int from = holder[at(part)];
  const int lane = lane_of[at(part)];
  if (from != nobody) {
    --load[at(from)];
    if (lane != nobody) --counts[index(lane, from)];
  }
  holder[at(part)] = to;
  ++load[at(to)];
  if (lane != nobody) ++counts[index(lane, to)];
}

bool board::lighter(int a, int b) const {
  return (load[at(a)] + 1) * who->at(b).weight < (load[at(b)] + 1) * who->at(a).weight;
}

bool board::heavier(int a, int b) const {
  return load[at(a)] * who->at(b).weight > load[at(b)] * who->at(a).weight;
}

bool board::improves(int from, int to) const {
  return load[at(from)] * who->at(to).weight > (load[at(to)] + 1) * who->at(from).weight;
}

void place_orphans(board& on) {
  for (int lane = 0; lane < static_cast<int>(on.lanes.size()); ++lane) {
    for (const int part : on.lanes[at(lane)].parts) {
      if (on.holder[at(part)] != nobody) continue;
      const int owner = present_owner(on, lane, part);
      on.move(part, owner != nobody ? owner : best_taker(on, lane));
    }
  }
}

void spread_lanes(board& on) {
  for (int lane = 0; lane < static_cast<int>(on.lanes.size()); ++lane) {
    while (spread_one(on, lane)) {
    }
  }
}

void level_loads(board& on) {
  leveller left{on};
  while (left.pass()) {
  }
}

}  // namespace weir::domain
