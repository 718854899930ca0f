#include "drivers/memory/console_facts.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>
#include <weir/defaults.hpp>

#include "domain/duration_text.hpp"
#include "drivers/memory/views.hpp"

namespace weir::memory {
namespace {

constexpr std::int64_t most_ahead = 10'001;
constexpr std::int64_t most_left = 1'000;
constexpr std::size_t most_delays = 1'000;

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

/// An owner has fallen silent while something due is in a partition of its: it will be declared dead.
bool waits_with_a_silent_one(const world& store, const node_entry& me) {
  const auto told = nlohmann::json::parse(me.facts.cluster_settings, nullptr, false);
  const auto beat = told.is_object() ? domain::parse_duration(told.value("beat", "")) : std::nullopt;
  const auto patience = 3 * beat.value_or(defaults::beat);
  return std::any_of(store.partitions.begin(), store.partitions.end(), [&](const auto& row) {
    const partition_entry& home = row.second;
    const auto owner = store.nodes.find(home.owner);
    if (owner == store.nodes.end() || owner->first == me.id || !owner->second.alive()) return false;
    const auto pulse = store.pulses.find(owner->first);
    if (pulse != store.pulses.end() && store.now() - pulse->second.at <= patience) return false;
    if (paused(store, store.streams.at(home.stream))) return false;
    return std::any_of(home.unfinished.begin(), home.unfinished.end(),
                       [&](task_id id) { return due(store, home, id) || runs(home, id); });
  });
}

/// Every partition is wished for a node that is there (or for an absent one that has it pinned), and this
/// node owns what is wished for it.
bool settled(const world& store, const node_entry& me) {
  if (store.running_term() == nullptr) return false;
  if (waits_with_a_silent_one(store, me)) return false;
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

double seconds_since(const world& store, wall_time at) {
  return std::max(std::chrono::duration<double>(store.now() - at).count(), 0.0);
}

bool performed_somewhere(const world& store, const std::string& action) {
  return std::any_of(store.nodes.begin(), store.nodes.end(), [&](const auto& one) {
    const auto& actions = one.second.facts.actions;
    return one.second.alive() && std::find(actions.begin(), actions.end(), action) != actions.end();
  });
}

/// When the last pass of a controller that ended well began, or its oldest known task was enqueued.
std::optional<wall_time> last_good_pass(const world& store, const cdc_controller& of) {
  std::optional<wall_time> oldest;
  std::size_t seen = 0;
  for (const auto& [_, home] : store.partitions) {
    if (store.streams.at(home.stream).settings.name != of.controller) continue;
    for (auto at = home.reading_order.rbegin(); at != home.reading_order.rend() && seen < most_delays; ++at) {
      const task_entry& task = store.task_rows.at(at->second);
      if (task.name != of.name) continue;
      ++seen;
      oldest = std::min(oldest.value_or(task.created_at), task.created_at);
      const auto* end = store.final_attempt(task.id);
      if (end != nullptr && end->result == 'd') return end->started_at;
    }
  }
  return oldest;
}

/// Of their texts: there is no more of them.
std::int64_t bytes_of_tasks(const world& store) {
  std::size_t bytes = 0;
  for (const auto& [_, task] : store.task_rows)
    bytes += task.name.size() + task.data.size() + task.created_by.size();
  return static_cast<std::int64_t>(bytes);
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

cluster_figures figures_of(const world& store) {
  cluster_figures all;
  for (const auto& [id, stream] : store.streams) {
    double longest = 0;
    for (const auto& [_, part] : store.partitions) {
      if (part.stream == id && part.owner == 0)
        longest = std::max(longest, seconds_since(store, part.free_since));
    }
    all.unowned.push_back({stream.settings.name, longest});
  }
  for (const auto& [name, one] : store.schedules) {
    if (one.paused_forever || (one.paused_until && *one.paused_until > store.now())) continue;
    // One that no leader has looked at yet is not late.
    double late = 0;
    if (one.next_at)
      late = seconds_since(store, std::max(*one.next_at, one.paused_until.value_or(*one.next_at)));
    all.schedules.push_back({name, late});
  }
  for (const auto& [_, one] : store.cdc) {
    if (!performed_somewhere(store, one.row.name)) continue;
    if (const auto since = last_good_pass(store, one.row))
      all.passes.push_back({one.row.name, seconds_since(store, *since)});
  }
  for (auto* kind : {&all.unowned, &all.schedules, &all.passes}) {
    std::sort(kind->begin(), kind->end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    if (kind != &all.unowned) kind->resize(std::min(kind->size(), most_delays));
  }
  all.stored_bytes = bytes_of_tasks(store);
  return all;
}

}  // namespace weir::memory
