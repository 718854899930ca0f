#include "app/api/node_metrics.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <map>

#include <sys/resource.h>
#include <unistd.h>

namespace weir::app {

namespace {

using readings = std::vector<http::gauge_reading>;

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// The second word of /proc/self/statm: resident pages.
double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  long all = 0;
  long resident = 0;
  file >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
  std::error_code ignored;
  double count = 0;
  for (auto each = std::filesystem::directory_iterator("/proc/self/fd", ignored);
       !ignored && each != std::filesystem::directory_iterator(); each.increment(ignored))
    ++count;
  return count;
}

/// When this process began: field 22 of /proc/self/stat, in ticks since the machine's boot, which is in /proc/stat.
double started_at() {
  std::ifstream mine("/proc/self/stat");
  std::string text;
  std::getline(mine, text);
  double ticks = 0;
  std::size_t at = text.rfind(')') + 2;  // field 3
  for (int field = 3; field < 22 && at != std::string::npos; ++field) at = text.find(' ', at) + 1;
  ticks = std::strtod(text.c_str() + at, nullptr);
  std::ifstream machine("/proc/stat");
  for (std::string word; machine >> word;) {
    double boot = 0;
    if (word == "btime" && machine >> boot) return boot + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  return 0;
}

void write_process(std::string& out) {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto one = [&](const std::string& name, const std::string& help, const std::string& type,
                       double value) {
    http::write_readings(out, name, help, type, {}, {{{}, value}});
  };
  one("process_cpu_seconds_total", "Processor time of this process.", "counter",
      seconds_of(used.ru_utime) + seconds_of(used.ru_stime));
  one("process_resident_memory_bytes", "Resident memory.", "gauge", resident_bytes());
  one("process_open_fds", "Open descriptors.", "gauge", open_descriptors());
  one("process_start_time_seconds", "When it started, since 1970.", "gauge", started_at());
  http::write_readings(out, "weir_build_info", "Always 1; the labels tell.", "gauge", {"version"},
                       {{{WEIR_VERSION}, 1}});
}

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
    ages.push_back({{each.facts.name}, each.beat_age_seconds});
    refused.push_back({{each.facts.name}, static_cast<double>(each.said.late_writes_refused)});
  }
  readings counts;
  for (const auto& [state, count] : states) counts.push_back({{state}, count});
  http::write_readings(out, "weir_nodes", "Nodes, by the state of their newest incarnation.", "gauge",
                       {"state"}, counts);
  http::write_readings(out, "weir_beat_age_seconds", "Age of a node's last beat.", "gauge", {"node"}, ages);
  http::write_readings(out, "weir_late_writes_refused_total",
                       "Results that came after another node had taken over, and were refused.", "counter",
                       {"node"}, refused);
}

}  // namespace

std::string node_metrics::text() const {
  std::string out;
  enqueued.write(out);
  finished.write(out);
  attempts.write(out);
  wait.write(out);
  run.write(out);
  statements.write(out);
  errors.write(out);
  beat.write(out);
  requests.write(out);
  write_process(out);
  return out;
}

std::string cluster_gauges(const cluster_view& seen, const std::string& me) {
  std::string out;
  const bool leads = seen.leader && seen.leader->node_name == me;
  http::write_readings(out, "weir_leader", "1 on the node that leads.", "gauge", {},
                       {{{}, leads ? 1.0 : 0.0}});
  if (!leads) return out;
  http::write_readings(out, "weir_term", "Counts leaders.", "gauge", {},
                       {{{}, static_cast<double>(seen.leader->fence.term)}});
  write_nodes(out, seen);
  write_streams(out, seen);
  return out;
}

}  // namespace weir::app
