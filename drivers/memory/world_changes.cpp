// Look-ups and changes that several stores share.
#include <algorithm>

#include <weir/assert.hpp>
#include "domain/execution.hpp"
#include "drivers/memory/world.hpp"

namespace weir::memory {
namespace {

/// FNV-1a: stable over runs, versions and machines.
std::uint64_t stable_hash(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3U;
  }
  return hash;
}

}  // namespace

// -- look-ups

const node_entry* world::find_node(node_id id) const {
  const auto at = nodes.find(id);
  return at == nodes.end() ? nullptr : &at->second;
}

const node_entry* world::newest_incarnation(const std::string& name) const {
  for (auto at = nodes.rbegin(); at != nodes.rend(); ++at) {
    if (at->second.facts.name == name) return &at->second;
  }
  return nullptr;
}

const node_entry* world::writer(node_id id) const {
  const auto* found = find_node(id);
  return found != nullptr && found->alive() && found->timeline == timeline() ? found : nullptr;
}

const partition_entry* world::find_partition(part_id id) const {
  const auto at = partitions.find(id);
  return at == partitions.end() ? nullptr : &at->second;
}

const stream_entry* world::find_stream(const std::string& name) const {
  for (const auto& [id, entry] : streams) {
    if (entry.settings.name == name) return &entry;
  }
  return nullptr;
}

const partition_entry* world::fenced(node_id me, const fence& held) const {
  const auto* found = find_partition(held.part);
  if (found == nullptr || me == 0) return nullptr;
  return found->owner == me && found->epoch == held.epoch && found->timeline == timeline() ? found : nullptr;
}

const term_entry* world::running_term() const {
  return terms.empty() || terms.rbegin()->second.row.ended_at ? nullptr : &terms.rbegin()->second;
}

bool world::leads(node_id me, const leader_term& term) const {
  const auto* running = running_term();
  return running != nullptr && running->row.node == me && running->row.fence.term == term.term &&
         running->row.fence.timeline == term.timeline && term.timeline == timeline();
}

const attempt_entry* world::final_attempt(task_id id) const {
  const auto at = attempts.find(id);
  if (at == attempts.end()) return nullptr;
  for (const auto& row : at->second) {
    if (domain::is_final(static_cast<domain::run_result>(row.result))) return &row;
  }
  return nullptr;
}

// -- changes

stream_id world::add_stream(const stream_declaration& settings) {
  const stream_id id = counted.next_stream++;
  stream_entry added;
  added.id = id;
  added.settings = settings;
  replace_partitions(streams[id] = std::move(added));
  return id;
}

void world::remove_partitions(stream_id of) {
  for (auto at = partitions.begin(); at != partitions.end();) {
    if (at->second.stream != of) {
      ++at;
      continue;
    }
    WEIR_ASSERT(at->second.unfinished.empty() && !fence_held(at->first));
    counted.epoch_floor = std::max(counted.epoch_floor, at->second.epoch);
    at = partitions.erase(at);
  }
}

void world::replace_partitions(stream_entry& changed) {
  remove_partitions(changed.id);
  changed.first_part = counted.next_part;
  for (int slot = 0; slot < changed.settings.partitions; ++slot) {
    partition_entry added;
    added.id = counted.next_part++;
    added.stream = changed.id;
    added.slot = slot;
    added.timeline = timeline();
    added.epoch = counted.epoch_floor;
    added.free_since = now();
    partitions[added.id] = std::move(added);
  }
}

void world::remove_stream(stream_id id) {
  former_streams.emplace(id, streams.at(id).settings.name);
  streams.erase(id);
  remove_partitions(id);
  for (auto at = routes.begin(); at != routes.end();)
    at = at->second == id ? routes.erase(at) : std::next(at);
}

bool world::fence_held(part_id part) const {
  return std::any_of(open_transactions.begin(), open_transactions.end(), [part](const auto& open) {
    const auto& fences = open.second.fences;
    return std::find(fences.begin(), fences.end(), part) != fences.end();
  });
}

const std::string& world::stream_name(stream_id id) const {
  const auto at = streams.find(id);
  return at == streams.end() ? former_streams.at(id) : at->second.settings.name;
}

part_id world::place(const stream_entry& target, const std::string& name,
                     const std::optional<std::string>& key, task_id id) const {
  const auto count = static_cast<std::uint64_t>(target.settings.partitions);
  const auto bucket =
      key ? stable_hash(name + '\x01' + *key) % count : static_cast<std::uint64_t>(id) % count;
  return target.first_part + static_cast<part_id>(bucket);
}

bool world::anybody_writes() const {
  return std::any_of(open_transactions.begin(), open_transactions.end(), [](const auto& open) {
    return !open.second.rows.empty() || !open.second.fences.empty();
  });
}

bool world::any_fence_held_of(node_id owner) const {
  return std::any_of(partitions.begin(), partitions.end(), [&](const auto& entry) {
    return entry.second.owner == owner && fence_held(entry.first);
  });
}

void world::free_partitions_of(node_id owner, bool by_crash) {
  for (const auto& [id, entry] : partitions) {
    if (entry.owner != owner) continue;
    WEIR_ASSERT(!fence_held(id));
    end_ownership({id, entry.epoch}, by_crash ? "dead" : "stopped");
    auto& freed = partitions.change(id);
    freed.owner = 0;
    freed.free_since = now();
    freed.freed_by_crash = by_crash;
  }
}

void world::end_ownership(const fence& held, const char* reason) {
  ownership_entry* const entry = owners.change_if({held.part, held.epoch});
  if (entry == nullptr) return;
  entry->ended = now();
  entry->reason = reason;
}

void world::end_running_term(const std::string& reason) {
  if (running_term() == nullptr) return;
  auto& running = terms.change(terms.rbegin()->first);
  running.row.ended_at = now();
  running.row.reason = reason;
}

void world::add_attempt(task_id task, partition_entry& home, attempt_entry row) {
  if (domain::is_final(static_cast<domain::run_result>(row.result))) {
    if (home.unfinished.erase(task) == 0) {
      broken_rules.push_back("task " + std::to_string(task) +
                             " was finished twice, the second time by node " + std::to_string(row.node) +
                             " with '" + row.result + "'");
    }
  } else if (home.unfinished.count(task) == 0) {
    broken_rules.push_back("task " + std::to_string(task) + " got an attempt after its end from node " +
                           std::to_string(row.node));
  }
  attempts[task].push_back(std::move(row));
}

void settle(world_rows& rows) {
  for (const part_id id : rows.partitions.changed()) {
    if (rows.partitions.count(id) != 0) rows.partitions.change(id).open.settle();
  }
  for (const std::string& id : rows.cdc.changed()) {
    if (rows.cdc.count(id) != 0) rows.cdc.change(id).hashes.settle();
  }
  each_table(rows, [](auto& rows_of_one) { rows_of_one.settle(); });
}

}  // namespace weir::memory
