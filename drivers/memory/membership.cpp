// Registration, beats and declaring dead.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "domain/task_bounds.hpp"
#include "drivers/memory/client.hpp"
#include "drivers/memory/stores.hpp"
#include "drivers/memory/views.hpp"

namespace weir::memory {
namespace {

error name_taken(const node_entry& alive) {
  return {errc::conflict, "node name " + alive.facts.name + " is taken by incarnation " +
                              std::to_string(alive.id) + " on machine " + alive.facts.machine +
                              ": stop that node or choose another name"};
}

/// What differs between two [cluster] texts: "" = nothing.
std::string settings_difference(const std::string& mine, const std::string& theirs) {
  if (mine == theirs) return {};
  const auto left = nlohmann::json::parse(mine.empty() ? "{}" : mine, nullptr, false);
  const auto right = nlohmann::json::parse(theirs.empty() ? "{}" : theirs, nullptr, false);
  if (!left.is_object() || !right.is_object()) return mine + " here, " + theirs + " there";
  std::string found;
  const auto compare = [&](const std::string& key) {
    const auto here = left.contains(key) ? left.at(key).dump() : "nothing";
    const auto there = right.contains(key) ? right.at(key).dump() : "nothing";
    if (here != there)
      found += (found.empty() ? "" : "; ") + key + " is " + here + " here and " + there + " there";
  };
  for (const auto& [key, value] : left.items()) compare(key);
  for (const auto& [key, value] : right.items()) {
    if (!left.contains(key)) compare(key);
  }
  return found;
}

error dead_already(node_id me) {
  return {errc::refused, "incarnation " + std::to_string(me) + " is dead, stopped or of another timeline"};
}

registration registered_as(const world& store, node_id id) {
  return {id, store.timeline(), store.counted.server,
          store.login() + " " + std::to_string(store.counted.server)};
}

class membership final : public membership_store {
 public:
  membership(shared_world store, shared_faults trouble)
      : client_(std::move(store), std::move(trouble), "membership") {}

  result<void> reconnect() override { return client_.reconnect(); }

  result<registration> identify() override {
    return client_.run<registration>("identify", access::read, [](statement& now) -> result<registration> {
      return registered_as(now.store(), 0);
    });
  }

  result<std::optional<incarnation>> find(const std::string& name) override {
    using answer = std::optional<incarnation>;
    return client_.run<answer>("find", access::read, [name](statement& now) -> result<answer> {
      const auto* newest = now.store().newest_incarnation(name);
      if (newest == nullptr) return answer{};
      return answer{incarnation{newest->id, newest->state, now.store().pulses[newest->id].beat,
                                newest->timeline, newest->facts.machine}};
    });
  }

  result<registration> join(const node_facts& facts) override {
    return client_.run<registration>("join", access::write, [facts](statement& now) -> result<registration> {
      auto& store = now.store();
      if (auto named = domain::check_name("node name", facts.name); !named) return named.error();
      if (const auto* former = store.newest_incarnation(facts.name); former != nullptr && former->alive()) {
        return name_taken(*former);
      }
      for (const auto& [id, other] : store.nodes) {
        if (!other.alive()) continue;
        const auto difference = settings_difference(facts.cluster_settings, other.facts.cluster_settings);
        if (difference.empty()) continue;
        return error{errc::conflict,
                     "[cluster] must be the same on all nodes, but differs from that of node " +
                         other.facts.name + ": " + difference};
      }
      node_entry joined;
      store.skip_ids_after_fail_over();
      joined.id = store.next_node_id();
      joined.facts = facts;
      joined.timeline = store.timeline();
      const node_id id = joined.id;
      store.nodes[id] = std::move(joined);
      store.pulses[id].at = store.now();
      return registered_as(store, id);
    });
  }

  result<beat_view> beat(node_id me, const beat_note& note) override {
    return client_.run<beat_view>("beat", access::write, [me, note](statement& now) -> result<beat_view> {
      auto& store = now.store();
      const auto* mine = store.writer(me);
      if (mine == nullptr) return dead_already(me);
      auto& pulse = store.pulses[me];
      ++pulse.beat;
      pulse.at = store.now();
      pulse.said = note;

      beat_view seen;
      seen.timeline = store.timeline();
      seen.state = mine->state;
      seen.drain_wanted = mine->drain_wanted;
      seen.nodes = newest_nodes(store);
      std::set<stream_id> wanted;
      for (const auto& [id, entry] : store.partitions) {
        if (entry.owner != me && entry.assigned_to != mine->facts.name) continue;
        seen.partitions.push_back(view_of(store, entry));
        wanted.insert(entry.stream);
      }
      for (const auto& [task, request] : store.requests) {
        const bool mine_too = std::any_of(seen.partitions.begin(), seen.partitions.end(),
                                          [part = request.part](const auto& row) { return row.id == part; });
        const auto at = std::find(seen.requested.begin(), seen.requested.end(), request.part);
        if (mine_too && at == seen.requested.end()) seen.requested.push_back(request.part);
      }
      for (const auto& [name, _] : store.paused_names) {
        if (paused(store, name)) seen.paused_names.push_back(name);
      }
      seen.pauses = store.counted.pauses;
      for (const stream_id id : wanted) seen.streams.push_back(view_of(store, store.streams.at(id)));
      return seen;
    });
  }

  result<void> set_state(node_id me, node_state state) override {
    WEIR_ASSERT(state == node_state::active || state == node_state::draining || state == node_state::stopped);
    return client_.run<void>("set_state", access::write, [me, state](statement& now) -> result<void> {
      auto& store = now.store();
      if (store.writer(me) == nullptr) return dead_already(me);
      if (state == node_state::stopped) {
        if (store.any_fence_held_of(me))
          return error{errc::timeout, "a statement still holds a fence of this node"};
        if (const auto* leader = store.running_term(); leader != nullptr && leader->row.node == me) {
          store.end_running_term("resigned");
        }
        store.free_partitions_of(me, false);
      }
      store.nodes.change(me).state = state;
      return {};
    });
  }

  result<void> note_process_end(node_id who, const std::string& how) override {
    return client_.run<void>("note_process_end", access::write, [who, how](statement& now) -> result<void> {
      const auto* ended = now.store().find_node(who);
      if (ended != nullptr && ended->ended_by.empty()) now.store().nodes.change(who).ended_by = how;
      return {};
    });
  }

  result<bool> declare_dead(node_id who, std::int64_t seen_beat, std::int32_t timeline) override {
    return client_.run<bool>("declare_dead", access::write,
                             [who, seen_beat, timeline](statement& now) -> result<bool> {
                               auto& store = now.store();
                               if (store.find_node(who) == nullptr || store.timeline() != timeline)
                                 return false;
                               if (store.pulses[who].beat != seen_beat) return false;
                               return declare(store, who);
                             });
  }

  result<bool> declare_dead_by_proof(node_id who) override {
    return client_.run<bool>("declare_dead_by_proof", access::write,
                             [who](statement& now) -> result<bool> { return declare(now.store(), who); });
  }

 private:
  static result<bool> declare(world& store, node_id who) {
    const auto* dying = store.find_node(who);
    if (dying == nullptr || !dying->alive()) return false;
    if (store.any_fence_held_of(who))
      return error{errc::timeout, "a statement still holds a fence of that node"};
    store.nodes.change(who).state = node_state::dead;
    if (const auto* leader = store.running_term(); leader != nullptr && leader->row.node == who) {
      store.end_session_of(*leader);  // a leader that hangs keeps its session, and with it the lock
      store.end_running_term("dead");
    }
    store.free_partitions_of(who, true);
    return true;
  }

  client client_;
};

}  // namespace

std::unique_ptr<membership_store> open_membership(shared_world store, shared_faults trouble) {
  return std::make_unique<membership>(std::move(store), std::move(trouble));
}

}  // namespace weir::memory
