#include "drivers/memory/views.hpp"

#include <algorithm>

#include "domain/task_bounds.hpp"

namespace weir::memory {

std::chrono::milliseconds until(const world& store, wall_time at) {
  return std::chrono::ceil<std::chrono::milliseconds>(at - store.now());
}

bool paused(const world& store, const stream_entry& entry) {
  return entry.paused_forever || (entry.paused_until && store.now() < *entry.paused_until);
}

bool paused(const world& store, const std::string& task_name) {
  const auto at = store.paused_names.find(task_name);
  return at != store.paused_names.end() && (!at->second || store.now() < *at->second);
}

node_row view_of(const world& store, const node_entry& entry) {
  node_row row;
  row.id = entry.id;
  row.facts = entry.facts;
  row.state = entry.state;
  row.timeline = entry.timeline;
  const auto known = store.pulses.find(entry.id);
  const pulse_entry pulse = known == store.pulses.end() ? pulse_entry{} : known->second;
  row.beat = pulse.beat;
  row.beat_age_seconds = std::chrono::duration<double>(store.now() - pulse.at).count();
  row.drain_wanted = entry.drain_wanted;
  row.declared = entry.declared;
  row.said = pulse.said;
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(store.now() - pulse.at);
  for (resting_stream& one : row.said.resting)
    one.left = std::max(one.left - since, std::chrono::milliseconds{0});
  return row;
}

stream_row view_of(const world& store, const stream_entry& entry) {
  stream_row row;
  row.id = entry.id;
  row.name = entry.settings.name;
  row.mode = entry.settings.mode;
  row.partitions = entry.settings.partitions;
  row.concurrency = entry.settings.concurrency;
  row.pin = entry.settings.pin;
  row.policy = entry.settings.policy;
  row.where = entry.settings.where;
  row.handover_delay = entry.settings.handover_delay;
  row.async_finish = entry.settings.async_finish;
  row.notify = entry.settings.notify;
  row.rate = entry.settings.rate;
  row.breaker = entry.settings.breaker;
  row.paused = paused(store, entry);
  if (row.paused && !entry.paused_forever) row.paused_until = entry.paused_until;
  for (const auto& [task_name, stream] : store.routes) {
    if (stream == entry.id) row.routes.push_back(task_name);
  }
  return row;
}

partition_row view_of(const world& store, const partition_entry& entry) {
  partition_row row;
  row.id = entry.id;
  row.stream = entry.stream;
  row.slot = entry.slot;
  row.owner = entry.owner;
  if (const auto at = store.nodes.find(entry.owner); at != store.nodes.end()) {
    row.owner_name = at->second.facts.name;
  }
  row.timeline = entry.timeline;
  row.epoch = entry.epoch;
  row.freed_by_crash = entry.freed_by_crash;
  row.assigned_to = entry.assigned_to;
  return row;
}

std::vector<node_row> newest_nodes(const world& store) {
  std::map<std::string, node_id> newest;  // ids grow, so the last one of a name wins
  for (const auto& [id, entry] : store.nodes) newest[entry.facts.name] = id;
  std::vector<node_row> rows;
  for (const auto& [id, entry] : store.nodes) {
    if (newest.at(entry.facts.name) == id) rows.push_back(view_of(store, entry));
  }
  return rows;
}

catalog catalog_of(const world& store) {
  catalog all;
  all.nodes = newest_nodes(store);
  for (const auto& [id, entry] : store.streams) all.streams.push_back(view_of(store, entry));
  for (const auto& [id, entry] : store.partitions) all.partitions.push_back(view_of(store, entry));
  for (const auto& [name, until] : store.paused_names) {
    if (paused(store, name)) all.paused.push_back({name, until});
  }
  return all;
}

result<std::vector<owner_record>> owners_of(const world& store, const std::string& stream, int limit) {
  const stream_entry* const found = store.find_stream(stream);
  if (found == nullptr) return error{errc::not_found, "there is no stream " + domain::in_quotes(stream)};
  std::vector<owner_record> all;
  for (const auto& [key, entry] : store.owners) {
    const partition_entry* const part = store.find_partition(entry.part);
    if (part == nullptr || part->stream != found->id || entry.since == wall_time{}) continue;
    all.push_back({part->slot, entry.epoch, entry.timeline, store.nodes.at(entry.node).facts.name,
                   entry.since, entry.ended, entry.reason});
  }
  std::sort(all.begin(), all.end(), [](const owner_record& a, const owner_record& b) {
    return a.since != b.since ? a.since > b.since : a.slot != b.slot ? a.slot < b.slot : a.epoch > b.epoch;
  });
  if (all.size() > static_cast<std::size_t>(limit)) all.resize(static_cast<std::size_t>(limit));
  return all;
}

}  // namespace weir::memory
