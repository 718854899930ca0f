#include "app/join.hpp"

#include <thread>

#include <unistd.h>

#include <spdlog/spdlog.h>

#include "app/stated_settings.hpp"
#include "domain/duration_text.hpp"
#include "domain/log_event.hpp"

namespace weir::app {

namespace {

using namespace std::chrono_literals;

bool alive(node_state state) { return state != node_state::stopped && state != node_state::dead; }

/// What became of the process that wrote the note, for the crashes of its tasks to say. Not knowing stops nobody.
void keep_its_end(membership_store& members, const state_note& note,
                  const std::optional<former_process>& former) {
  if (!former || note.incarnation == 0 || note.pid != former->pid) return;
  if (const auto kept = members.note_process_end(note.incarnation, former->how); !kept)
    spdlog::warn("how incarnation {} ended is not kept: {}", note.incarnation, kept.error().message);
}

/// Nobody beat for a ttl by this clock, or the holder is found alive.
result<void> wait_out(membership_store& members, const join_request& request, const incarnation& former,
                      std::int32_t timeline) {
  const auto& config = *request.config;
  spdlog::info("name {} belongs to incarnation {}: waiting a ttl for its beat", config.node.name, former.id);
  boot_time since = boot_clock::now();
  while (boot_clock::now() - since < config.cluster.ttl) {
    if (request.stop_wanted()) return error{errc::refused, "stopped while waiting for a former incarnation"};
    std::this_thread::sleep_for(100ms);  // the store has no wait for a beat
    auto now = members.find(config.node.name);
    if (!now) return now.error();
    if (!*now || !alive((*now)->state)) return {};
    if ((*now)->id != former.id || (*now)->beat != former.beat) {
      return error{errc::conflict, "node.name '" + config.node.name + "' is taken: incarnation " +
                                       std::to_string((*now)->id) +
                                       " beats; stop that node or choose another name"};
    }
  }
  const auto dead = members.declare_dead(former.id, former.beat, timeline);
  if (!dead) return dead.error();
  return {};
}

result<void> end_former(membership_store& members, const state_dir& state, const join_request& request,
                        std::int32_t timeline) {
  auto former = members.find(request.config->node.name);
  if (!former) return former.error();
  if (!*former || !alive((*former)->state)) return {};
  const bool proof = (*former)->machine == state.machine() && (*former)->id == state.read().incarnation;
  if (!proof) return wait_out(members, request, **former, timeline);
  // The state lock is ours: every process of that incarnation, its runners included, is dead.
  const auto dead = members.declare_dead_by_proof((*former)->id);
  if (!dead) return dead.error();
  spdlog::info("incarnation {} of {} is dead, proved by the state lock", (*former)->id,
               request.config->node.name);
  return {};
}

retention_policy retention_of(const node_config& config) {
  retention_policy wanted;
  wanted.all = {config.retention.done, config.retention.failed, config.retention.cancelled};
  for (const auto& [name, settings] : config.stream_settings) {
    const auto age = [&of = settings](const char* state) {
      const auto set = of.find(std::string{"retention."} + state);
      return set == of.end() ? std::nullopt : domain::parse_duration(set->second);
    };
    const retention_ages own{age("done"), age("failed"), age("cancelled")};
    if (!(own == retention_ages{})) wanted.streams[name] = own;
  }
  return wanted;
}

}  // namespace

result<std::vector<std::string>> declare(driver& store, node_id me, const join_request& request) {
  const auto coordination = store.open_coordination();
  const auto present = coordination->load();
  if (!present) return present.error();
  declarations wanted = request.declared;
  for (auto& stream : wanted.streams) {
    for (const stream_row& row : present->streams)
      if (row.name == stream.name) stream = only_stated(std::move(stream), row, request.config->origins);
  }
  auto differences = coordination->declare(me, wanted);
  if (!differences) return differences;
  const auto of_retention = store.open_retention()->declare(me, retention_of(*request.config));
  if (!of_retention) return of_retention.error();
  if (request.schedules.empty()) return differences;
  const auto of_schedules = store.open_schedules()->declare(me, request.schedules);
  if (!of_schedules) return of_schedules.error();
  differences->insert(differences->end(), of_schedules->begin(), of_schedules->end());
  return differences;
}

result<membership> join(driver& store, state_dir& state, const join_request& request) {
  const auto members = store.open_membership();
  const auto server = members->identify();
  if (!server) return server.error();
  keep_its_end(*members, state.read(), request.former);
  if (const auto ended = end_former(*members, state, request, server->timeline); !ended) return ended.error();

  membership m;
  node_facts facts = request.facts;
  facts.machine = state.machine();
  m.at = boot_clock::now();
  const auto joined = members->join(facts);
  if (!joined) return joined.error();
  m.joined = *joined;
  if (const auto noted = state.write({joined->id, ::getpid(), server->server, server->timeline}); !noted) {
    (void)members->set_state(joined->id, node_state::stopped);
    return noted.error();
  }
  auto differences = declare(store, joined->id, request);
  if (!differences) return differences.error();
  m.differences = std::move(*differences);
  if (const auto active = members->set_state(joined->id, node_state::active); !active) return active.error();
  const domain::log_event event{"node.joined", {{"incarnation", joined->id}}};
  spdlog::info("joined as incarnation {} on timeline {}", joined->id, joined->timeline);
  return m;
}

}  // namespace weir::app
