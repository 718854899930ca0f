// Pins and capabilities first, then balance (balance.hpp) among what is left to choose.
#include "domain/placement.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "domain/balance.hpp"
#include "domain/roster.hpp"

namespace weir::domain {
namespace {

std::size_t at(int number) { return static_cast<std::size_t>(number); }

// What is decided about a stream before anything is balanced.
struct stream_plan {
  const stream_row* row = nullptr;
  std::vector<int> parts;  // numbers of partitions, by slot
  bool strict = false;     // every wish is row->pin
  int preferred = nobody;  // the node of a preferred pin that is present
  roster::fitness fit;
};

class planner {
 public:
  explicit planner(const placement_input& input) : who_(input.nodes, input.settled_for) {
    number_partitions(input);
    gather_streams(input);
    for (stream_plan& plan : plans_) decide_pin(plan);
    make_lanes();
    board_.who = &who_;
    board_.open(static_cast<int>(parts_.size()));
    for (const stream_plan& plan : plans_) keep_what_may_stay(plan);
    place_orphans(board_);
    spread_lanes(board_);
    level_loads(board_);
  }

  std::vector<wish> wishes() const {
    std::vector<wish> wanted;
    wanted.reserve(parts_.size());
    for (std::size_t part = 0; part < parts_.size(); ++part) {
      wanted.push_back({parts_[part]->id, parts_[part]->assigned_to});  // of an unknown stream: as it is
    }
    for (const stream_plan& plan : plans_) {
      for (const int part : plan.parts) wanted[at(part)].node = wished(plan, part);
    }
    return wanted;
  }

 private:
  void number_partitions(const placement_input& input) {
    parts_.reserve(input.partitions.size());
    for (const partition_row& row : input.partitions) parts_.push_back(&row);
    const auto by_id = [](const partition_row* a, const partition_row* b) { return a->id < b->id; };
    if (!std::is_sorted(parts_.begin(), parts_.end(), by_id)) std::sort(parts_.begin(), parts_.end(), by_id);
  }

  void gather_streams(const placement_input& input) {
    plans_.reserve(input.streams.size());
    for (const stream_row& row : input.streams) {
      plans_.emplace_back();
      plans_.back().row = &row;
    }
    std::sort(plans_.begin(), plans_.end(),
              [](const stream_plan& a, const stream_plan& b) { return a.row->id < b.row->id; });
    std::unordered_map<stream_id, stream_plan*> by_id;
    by_id.reserve(plans_.size());
    for (stream_plan& plan : plans_) by_id.emplace(plan.row->id, &plan);
    for (std::size_t part = 0; part < parts_.size(); ++part) {
      const auto found = by_id.find(parts_[part]->stream);
      if (found != by_id.end()) found->second->parts.push_back(static_cast<int>(part));
    }
    for (stream_plan& plan : plans_) {
      std::sort(plan.parts.begin(), plan.parts.end(), [&](int a, int b) {
        return std::pair{parts_[at(a)]->slot, a} < std::pair{parts_[at(b)]->slot, b};
      });
    }
  }

  void decide_pin(stream_plan& plan) const {
    if (plan.row->pin) {
      plan.strict = plan.row->policy == pin_policy::strict;
      const int node = who_.find(*plan.row->pin);
      if (!plan.strict && node != nobody && who_.at(node).present) plan.preferred = node;
    }
    if (!plan.strict) plan.fit = who_.fit_for(plan.row->routes);
  }

  bool is_lane(const stream_plan& plan) const {
    return !plan.strict && plan.preferred == nobody && !plan.fit.take.empty();
  }

  void make_lanes() {
    std::map<std::tuple<std::size_t, node_set, node_set>, int> known;
    for (const stream_plan& plan : plans_) {
      if (!is_lane(plan)) continue;
      const int next = static_cast<int>(board_.groups.size());
      const auto [group, made] = known.try_emplace({plan.parts.size(), plan.fit.hold, plan.fit.take}, next);
      if (made) {
        board_.groups.push_back(make_share_group(who_, static_cast<int>(plan.parts.size()), plan.fit));
      }
      board_.lanes.push_back({group->second, plan.parts});
    }
  }

  void keep_what_may_stay(const stream_plan& plan) {
    for (const int part : plan.parts) {
      const partition_row& row = *parts_[at(part)];
      board_.is_single[at(part)] = plan.row->mode == stream_mode::single;
      if (!row.owner_name.empty()) board_.owner[at(part)] = who_.find(row.owner_name);
      const int holder = decided(plan, row);
      if (holder != nobody) board_.move(part, holder);
    }
  }

  // Where a partition surely is: at its pin, or where it may stay; nobody if that is still to be chosen.
  int decided(const stream_plan& plan, const partition_row& row) const {
    if (plan.strict) return who_.find(*plan.row->pin);
    const int now = row.assigned_to.empty() ? nobody : who_.find(row.assigned_to);
    const bool may_stay = now != nobody && plan.fit.hold.contains(now);
    if (plan.preferred == nobody) return may_stay ? now : nobody;
    // Going back to a preferred node is a voluntary move: not before that node has settled.
    const auto& pin = who_.at(plan.preferred);
    const bool pin_is_new = pin.usable && !pin.settled;
    return may_stay && pin_is_new ? now : plan.preferred;
  }

  std::string wished(const stream_plan& plan, int part) const {
    if (plan.strict) return *plan.row->pin;
    const int holder = board_.holder[at(part)];
    if (holder != nobody) return std::string{who_.at(holder).name};
    const std::string& before = parts_[at(part)]->assigned_to;
    const int node = before.empty() ? nobody : who_.find(before);
    return node != nobody && who_.at(node).coming ? before : std::string{};
  }

  roster who_;
  std::vector<const partition_row*> parts_;
  std::vector<stream_plan> plans_;
  board board_;
};

}  // namespace

std::vector<wish> placement(const placement_input& input) { return planner{input}.wishes(); }

std::vector<wish> changes(const placement_input& input, const std::vector<wish>& wanted) {
  std::unordered_map<part_id, const std::string*> now;
  now.reserve(input.partitions.size());
  for (const partition_row& row : input.partitions) now.emplace(row.id, &row.assigned_to);
  std::vector<wish> differing;
  for (const wish& each : wanted) {
    const auto found = now.find(each.part);
    if (found != now.end() && *found->second != each.node) differing.push_back(each);
  }
  return differing;
}

}  // namespace weir::domain
