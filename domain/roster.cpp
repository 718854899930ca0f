// Building the roster, and the capability rule.
#include "domain/roster.hpp"

#include <algorithm>

#include "domain/placement.hpp"

namespace weir::domain {
namespace {

roster::member describe(const node_row& row, bool settled) {
  roster::member made;
  made.name = row.facts.name;
  made.weight = row.facts.weight;
  made.present = row.state == node_state::active && row.declared && !row.drain_wanted;
  made.usable = made.present && row.facts.weight > 0;
  made.settled = made.usable && settled;
  const bool starting = row.state == node_state::joining || row.state == node_state::active;
  made.coming = starting && !made.usable && !row.drain_wanted && row.facts.weight > 0;
  return made;
}

}  // namespace

roster::roster(const std::vector<node_row>& nodes,
               const std::map<node_id, std::chrono::milliseconds>& settled_for) {
  std::vector<const node_row*> by_name;
  by_name.reserve(nodes.size());
  for (const node_row& row : nodes) by_name.push_back(&row);
  // Should a name stand here twice, its newest incarnation comes first and is the one that counts.
  std::sort(by_name.begin(), by_name.end(), [](const node_row* a, const node_row* b) {
    return a->facts.name != b->facts.name ? a->facts.name < b->facts.name : a->id > b->id;
  });
  const auto same_name = [](const node_row* a, const node_row* b) { return a->facts.name == b->facts.name; };
  by_name.erase(std::unique(by_name.begin(), by_name.end(), same_name), by_name.end());

  const int count = static_cast<int>(by_name.size());
  usable_ = node_set{count};
  settled_ = node_set{count};
  for (int node = 0; node < count; ++node) {
    const node_row& row = *by_name[static_cast<std::size_t>(node)];
    const auto seen = settled_for.find(row.id);
    members_.push_back(describe(row, seen != settled_for.end() && seen->second >= settled_after));
    numbers_.emplace(row.facts.name, node);
    if (members_.back().settled) settled_.insert(node);
    if (!members_.back().usable) continue;
    usable_.insert(node);
    for (const std::string& name : row.facts.actions) {
      performers_.try_emplace(name, node_set{count}).first->second.insert(node);
    }
  }
}

int roster::find(std::string_view name) const {
  const auto found = numbers_.find(name);
  return found == numbers_.end() ? nobody : found->second;
}

roster::fitness roster::fit_for(const std::vector<std::string>& routes) const {
  if (routes.empty()) return {usable_, usable_};
  const node_set none{size()};
  node_set all = usable_;
  node_set some = none;
  for (const std::string& name : routes) {
    const auto found = performers_.find(name);
    const node_set& able = found == performers_.end() ? none : found->second;
    all &= able;
    some |= able;
  }
  // Each level holds the ones above it, so "at least as able as the best of ..." is one of these sets.
  const auto best_level = [&](const node_set& among) -> const node_set& {
    for (const node_set* level : {&all, &some}) {
      node_set both = *level;
      if (!(both &= among).empty()) return *level;
    }
    return usable_;
  };
  return {best_level(settled_), best_level(usable_)};
}

}  // namespace weir::domain
