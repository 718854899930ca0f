#include "app/metrics/measured_leading.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "domain/move_reason.hpp"

namespace weir::app {

namespace {

class measured_leadership final : public leadership_store {
 public:
  measured_leadership(std::unique_ptr<leadership_store> real, node_metrics& into)
      : real_(std::move(real)), into_(into) {}

  result<void> reconnect() override { return real_->reconnect(); }
  result<std::optional<leader_term>> try_lead(node_id me) override {
    auto begun = real_->try_lead(me);
    if (begun && *begun) into_.terms.begun(**begun);
    return begun;
  }
  result<bool> renew(node_id me, leader_term term) override { return real_->renew(me, term); }
  result<void> resign(node_id me, leader_term term, const std::string& reason) override {
    return real_->resign(me, term, reason);
  }

 private:
  std::unique_ptr<leadership_store> real_;
  node_metrics& into_;
};

class measured_coordination final : public coordination_store {
 public:
  measured_coordination(std::unique_ptr<coordination_store> real, node_metrics& into)
      : real_(std::move(real)), into_(into) {}

  result<void> reconnect() override { return real_->reconnect(); }

  result<catalog> load() override {
    auto rows = real_->load();
    if (rows) look(*rows);
    return rows;
  }

  result<void> assign(node_id me, leader_term term, const std::vector<wish>& wishes) override {
    auto written = real_->assign(me, term, wishes);
    if (written)
      count(wishes);
    else  // whose wishes the next look finds is not known
      for (const wish& one : wishes) doubtful_.insert(one.part);
    return written;
  }

  result<std::vector<std::string>> declare(node_id me, const declarations& wanted) override {
    return real_->declare(me, wanted);
  }
  result<void> keep_room(node_id me, leader_term term) override { return real_->keep_room(me, term); }

 private:
  void count(domain::move_reason why) { into_.moves.with({domain::to_string(why)}).add(); }

  void count(const std::vector<wish>& wishes) {
    for (const wish& one : wishes) {
      seen_part* part = find(one.part);
      if (part == nullptr) continue;
      const auto pin = pins_.find(part->stream);
      const auto had_it = std::find_if(nodes_.begin(), nodes_.end(),
                                       [&](const node_row& node) { return node.facts.name == part->node; });
      count(domain::reason_of(part->node, one.node,
                              pin == pins_.end() ? std::nullopt : std::optional{pin->second},
                              had_it == nodes_.end() ? nullptr : &*had_it));
      part->node = one.node;
    }
  }

  /// Twice a beat. A wish that is another one than this leader's is a person's.
  void look(const catalog& rows) {
    for (const partition_row& row : rows.partitions) {
      const seen_part* before = find(row.id);
      if (before != nullptr && before->node != row.assigned_to && doubtful_.count(row.id) == 0)
        count(domain::move_reason::ordered);
    }
    doubtful_.clear();
    nodes_ = rows.nodes;
    pins_.clear();
    for (const stream_row& one : rows.streams) {
      if (one.pin) pins_[one.id] = *one.pin;
    }
    parts_.resize(rows.partitions.size());
    auto to = parts_.begin();
    for (const partition_row& row : rows.partitions) *to++ = {row.id, row.stream, row.assigned_to};
  }

  struct seen_part {
    part_id id = 0;
    stream_id stream = 0;
    std::string node;  ///< that it is wished for
  };
  /// In what was seen last; null if it was not there.
  seen_part* find(part_id part) {
    const auto at = std::lower_bound(parts_.begin(), parts_.end(), part,
                                     [](const seen_part& one, part_id id) { return one.id < id; });
    return at == parts_.end() || at->id != part ? nullptr : &*at;
  }

  std::unique_ptr<coordination_store> real_;
  node_metrics& into_;
  // what was seen last
  std::vector<node_row> nodes_;
  std::map<stream_id, std::string> pins_;
  std::vector<seen_part> parts_;  ///< by id; with this leader's own wishes since
  std::set<part_id> doubtful_;    ///< with a write since whose answer was an error
};

}  // namespace

std::unique_ptr<leadership_store> measured(std::unique_ptr<leadership_store> real, node_metrics& into) {
  return std::make_unique<measured_leadership>(std::move(real), into);
}

std::unique_ptr<coordination_store> measured(std::unique_ptr<coordination_store> real, node_metrics& into) {
  return std::make_unique<measured_coordination>(std::move(real), into);
}

}  // namespace weir::app
