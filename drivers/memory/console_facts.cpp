#include "drivers/memory/console_facts.hpp"

#include <algorithm>

#include "drivers/memory/views.hpp"

namespace weir::memory {
namespace {

constexpr std::int64_t most_ahead = 10'001;
constexpr std::int64_t most_left = 1'000;

bool due(const world& store, const partition_entry& home, task_id id) {
  const auto waiting = home.open.find(id);
  if (waiting != home.open.end()) return waiting->second.due <= store.now();
  const auto& later = store.task_rows.at(id).do_after;
  return !later || *later <= store.now();
}

/// In open as IN PROGRESS, under the owner of now.
bool runs(const partition_entry& home, task_id id) {
  const auto row = home.open.find(id);
  return row != home.open.end() && row->second.state == 'i' && row->second.epoch == home.epoch &&
         home.owner != 0;
}

/// Every partition is wished for a node that is there (or for an absent one that has it pinned), and this
/// node owns what is wished for it.
bool settled(const world& store, const node_entry& me) {
  if (store.running_term() == nullptr) return false;
  const auto nodes = newest_nodes(store);
  return std::all_of(store.partitions.begin(), store.partitions.end(), [&](const auto& part) {
    const partition_entry& entry = part.second;
    if (entry.assigned_to.empty()) return me.facts.weight == 0;
    if (entry.assigned_to == me.facts.name) return entry.owner == me.id;
    const auto& stream = store.streams.at(entry.stream).settings;
    if (stream.pin == entry.assigned_to && stream.policy == pin_policy::strict) return true;
    return std::any_of(nodes.begin(), nodes.end(), [&](const node_row& node) {
      return node.facts.name == entry.assigned_to && node.state != node_state::stopped &&
             node.state != node_state::dead;
    });
  });
}

}  // namespace

task_facts facts_of(const world& store, const task_entry& entry) {
  task_facts facts;
  facts.part = entry.part;
  const auto at = store.partitions.find(entry.part);
  if (at == store.partitions.end()) return facts;
  const partition_entry& home = at->second;
  facts.slot = home.slot;
  if (const auto row = home.open.find(entry.id); row != home.open.end()) {
    const open_entry& open = row->second;
    facts.open = task_facts::open_row{open.state,    open.epoch,   open.due, open.since,
                                      open.attempts, open.crashes, open.runs};
  }
  for (const task_id id : home.unfinished) {
    if (id == entry.id) continue;
    const task_entry& other = store.task_rows.at(id);
    if (entry.key && other.name == entry.name && other.key == entry.key) {
      if (runs(home, id)) facts.running_of_key = id;
      if (id > entry.id && due(store, home, id)) facts.newer_of_key = id;
    }
    const auto waiting = home.open.find(id);
    const bool before = waiting == home.open.end() ? id < entry.id : waiting->second.state != 'i';
    if (before && due(store, home, id)) ++facts.ahead;
  }
  facts.ahead = std::min(facts.ahead, most_ahead);
  for (const auto& row : store.partitions) {
    const partition_entry& part = row.second;
    if (part.stream != home.stream || part.owner != home.owner) continue;
    facts.running += std::count_if(part.open.begin(), part.open.end(), [&](const auto& open) {
      return open.first != entry.id && runs(part, open.first);
    });
  }
  return facts;
}

work_left left_for(const world& store, const node_entry& me) {
  work_left left;
  left.settled = settled(store, me);
  for (const auto& row : store.partitions) {
    const partition_entry& home = row.second;
    if (home.owner != me.id || paused(store, store.streams.at(home.stream))) continue;
    left.due += std::count_if(home.unfinished.begin(), home.unfinished.end(), [&](task_id task) {
      const auto waiting = home.open.find(task);
      if (waiting != home.open.end() && paused(store, waiting->second.name)) return false;
      return waiting == home.open.end() || waiting->second.state == 'i' || waiting->second.due <= store.now();
    });
  }
  left.due = std::min(left.due, most_left);
  return left;
}

}  // namespace weir::memory
