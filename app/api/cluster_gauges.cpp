#include "app/api/cluster_gauges.hpp"

#include <map>
#include <utility>

#include "app/cli/status_warnings.hpp"
#include "http/metrics.hpp"

namespace weir::app {

namespace {

using readings = std::vector<http::gauge_reading>;

void write_streams(std::string& out, const cluster_view& seen) {
  std::map<stream_id, std::string> names;
  std::map<node_id, std::string> nodes;
  for (const auto& each : seen.rows.streams) names[each.id] = each.name;
  for (const auto& each : seen.rows.nodes) nodes[each.id] = each.facts.name;
  readings tasks;
  readings oldest;
  for (const auto& each : seen.counts) {
    const std::string& stream = names[each.stream];
    tasks.push_back({{stream, "ready"}, static_cast<double>(each.ready)});
    tasks.push_back({{stream, "in_progress"}, static_cast<double>(each.in_progress)});
    tasks.push_back({{stream, "retry"}, static_cast<double>(each.retry)});
    oldest.push_back({{stream}, each.oldest_ready_seconds});
  }
  http::write_readings(out, "weir_tasks", "Unfinished tasks, exact up to 10,000 of a state.", "gauge",
                       {"stream", "state"}, tasks);
  http::write_readings(out, "weir_oldest_ready_seconds",
                       "Age of the oldest due task that nobody has started.", "gauge", {"stream"}, oldest);
  std::map<std::pair<std::string, std::string>, double> owned;
  readings epochs;
  for (const auto& each : seen.rows.partitions) {
    if (each.owner != 0) owned[{names[each.stream], each.owner_name}] += 1;
    epochs.push_back({{names[each.stream], std::to_string(each.slot)}, static_cast<double>(each.epoch)});
  }
  readings owners;
  for (const auto& [who, count] : owned) owners.push_back({{who.first, who.second}, count});
  http::write_readings(out, "weir_stream_owner", "Partitions of a stream that a node owns.", "gauge",
                       {"stream", "node"}, owners);
  http::write_readings(out, "weir_epoch", "Counts the owners of a partition.", "gauge", {"stream", "slot"},
                       epochs);
}

void write_nodes(std::string& out, const cluster_view& seen) {
  std::map<std::string, double> states;
  for (const node_state each :
       {node_state::joining, node_state::active, node_state::draining, node_state::stopped, node_state::dead})
    states[to_string(each)] = 0;
  readings ages;
  readings refused;
  for (const auto& each : seen.rows.nodes) {
    states[to_string(each.state)] += 1;
    if (is_alive(each.state)) ages.push_back({{each.facts.name}, each.beat_age_seconds});
    refused.push_back({{each.facts.name}, static_cast<double>(each.said.late_writes_refused)});
  }
  readings counts;
  for (const auto& [state, count] : states) counts.push_back({{state}, count});
  http::write_readings(out, "weir_nodes", "Nodes, by the state of their newest incarnation.", "gauge",
                       {"state"}, counts);
  http::write_readings(out, "weir_beat_age_seconds", "Age of the last beat of a node that has not ended.",
                       "gauge", {"node"}, ages);
  http::write_readings(out, "weir_late_writes_refused_total",
                       "Results that came after another node had taken over, and were refused.", "counter",
                       {"node"}, refused);
}

}  // namespace

std::string leader_gauge(bool leads) {
  std::string out;
  http::write_readings(out, "weir_leader", "1 on the node that leads.", "gauge", {},
                       {{{}, leads ? 1.0 : 0.0}});
  return out;
}

std::string cluster_gauges(const cluster_view& seen) {
  std::string out;
  http::write_readings(out, "weir_term", "Counts leaders.", "gauge", {},
                       {{{}, static_cast<double>(seen.leader->fence.term)}});
  write_nodes(out, seen);
  write_streams(out, seen);
  return out;
}

std::string figure_gauges(const cluster_figures& figures) {
  std::string out;
  const auto write = [&](const char* name, const char* help, const char* label,
                         const std::vector<cluster_figures::entry>& entries) {
    readings all;
    for (const auto& each : entries) all.push_back({{each.name}, each.seconds});
    http::write_readings(out, name, help, "gauge", {label}, all);
  };
  write("weir_unowned_seconds", "How long a partition of the stream has had no owner; 0: all are owned.",
        "stream", figures.unowned);
  write("weir_schedule_late_seconds",
        "How long a tick has been due without being fired; paused schedules are left out.", "schedule",
        figures.schedules);
  write("weir_cdc_lag_seconds", "Since the last pass of a cdc action that ended well began.", "name",
        figures.passes);
  http::write_readings(out, "weir_storage_bytes", "What weir's tables and indexes take in the database.",
                       "gauge", {}, {{{}, static_cast<double>(figures.stored_bytes)}});
  return out;
}

}  // namespace weir::app
