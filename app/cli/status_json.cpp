// Building the objects. Ids of nodes are strings, as all ids; counts, terms and epochs are numbers.
#include "app/cli/status_json.hpp"

#include <cmath>

#include "app/cli/status_warnings.hpp"
#include "domain/duration_text.hpp"
#include "domain/names.hpp"
#include "domain/start_pace.hpp"
#include "domain/time_text.hpp"

namespace weir::app {

namespace {

// Milliseconds are plenty, and 0.1 stays 0.1.
double seconds_of(double value) { return std::isfinite(value) ? std::round(value * 1000) / 1000 : 0.0; }

ordered_json text_or_null(const std::optional<std::string>& text) {
  return text ? ordered_json(*text) : ordered_json(nullptr);
}

ordered_json time_or_null(const std::optional<wall_time>& at) {
  return at ? ordered_json(domain::format_time(*at)) : ordered_json(nullptr);
}

ordered_json paused_json(const stream_row& stream) {
  if (!stream.paused) return false;
  if (!stream.paused_until) return true;
  return domain::format_time(*stream.paused_until);
}

ordered_json breaker_json(const breaker_rule& breaker) {
  if (breaker.failures <= 0) return nullptr;
  return {{"failures", breaker.failures}, {"pause", domain::format_duration(breaker.pause)}};
}

ordered_json list_of(ordered_json items) { return {{"items", std::move(items)}, {"next", nullptr}}; }

}  // namespace

ordered_json leader_json(const std::optional<term_row>& leader) {
  if (!leader) return nullptr;
  return {{"node", leader->node_name},
          {"node_id", std::to_string(leader->node)},
          {"term", leader->fence.term},
          {"since", domain::format_time(leader->elected_at)}};
}

ordered_json leader_history_json(const std::vector<term_row>& terms) {
  auto items = ordered_json::array();
  for (const auto& one : terms) {
    items.push_back({{"term", one.fence.term},
                     {"timeline", one.fence.timeline},
                     {"node", one.node_name},
                     {"since", domain::format_time(one.elected_at)},
                     {"ended", time_or_null(one.ended_at)},
                     {"reason", one.ended_at ? ordered_json(one.reason) : ordered_json(nullptr)}});
  }
  return list_of(std::move(items));
}

ordered_json owner_history_json(const std::vector<owner_record>& owners) {
  auto items = ordered_json::array();
  for (const auto& one : owners) {
    items.push_back({{"slot", one.slot},
                     {"epoch", one.epoch},
                     {"timeline", one.timeline},
                     {"node", one.node},
                     {"since", domain::format_time(one.since)},
                     {"ended", time_or_null(one.ended)},
                     {"reason", one.ended ? ordered_json(one.reason) : ordered_json(nullptr)}});
  }
  return list_of(std::move(items));
}

ordered_json node_json(const view_index& index, const node_row& node, bool details) {
  ordered_json out{{"name", node.facts.name},
                   {"node_id", std::to_string(node.id)},
                   {"state", to_string(node.state)},
                   {"beat_age_seconds", seconds_of(node.beat_age_seconds)},
                   {"running", node.running},
                   {"address", node.facts.address},
                   {"http", node.facts.http},
                   {"version", node.facts.version},
                   {"late_writes_refused", node.said.late_writes_refused}};
  if (!details) return out;
  out["machine"] = node.facts.machine;
  out["labels"] = node.facts.labels;
  out["weight"] = node.facts.weight;
  out["actions"] = node.facts.actions;
  out["drain_wanted"] = node.drain_wanted;
  out["timeline"] = node.timeline;
  auto owns = ordered_json::array();
  for (const auto& stream : index.view().rows.streams) {
    for (const auto& part : index.partitions(stream.id)) {
      if (part.owner == node.id)
        owns.push_back({{"stream", stream.name}, {"slot", part.slot}, {"epoch", part.epoch}});
    }
  }
  out["owns"] = std::move(owns);
  return out;
}

ordered_json node_list_json(const cluster_view& view) {
  const view_index index{view};
  auto items = ordered_json::array();
  for (const auto& node : view.rows.nodes) items.push_back(node_json(index, node, false));
  return list_of(std::move(items));
}

ordered_json stream_json(const view_index& index, const stream_row& stream, bool details) {
  const auto& counts = index.counts(stream.id);
  ordered_json out{{"name", stream.name},
                   {"mode", to_string(stream.mode)},
                   {"pin", text_or_null(stream.pin)},
                   {"pin_policy", to_string(stream.policy)},
                   {"paused", paused_json(stream)},
                   {"ready", counts.ready},
                   {"in_progress", counts.in_progress},
                   {"retry", counts.retry},
                   {"oldest_ready_seconds", seconds_of(counts.oldest_ready_seconds)},
                   {"counts_capped", counts.capped},
                   {"done", counts.done},
                   {"failed", counts.failed},
                   {"cancelled", counts.cancelled}};
  auto partitions = ordered_json::array();
  for (const auto& part : index.partitions(stream.id)) {
    const ordered_json owner = part.owner == 0 ? ordered_json(nullptr) : ordered_json(part.owner_name);
    partitions.push_back({{"slot", part.slot}, {"owner", owner}, {"epoch", part.epoch}});
  }
  out["partitions"] = std::move(partitions);
  if (!details) return out;
  out["concurrency"] = stream.concurrency;
  out["isolation"] = to_string(stream.where);
  out["handover_delay"] = domain::format_duration(stream.handover_delay);
  out["async_finish"] = stream.async_finish;
  out["notify"] = stream.notify;
  out["rate"] =
      stream.rate.starts > 0 ? ordered_json(domain::format_rate(stream.rate)) : ordered_json(nullptr);
  out["breaker"] = breaker_json(stream.breaker);
  out["routes"] = stream.routes;
  return out;
}

ordered_json stream_list_json(const cluster_view& view) {
  const view_index index{view};
  auto items = ordered_json::array();
  for (const auto& stream : view.rows.streams) items.push_back(stream_json(index, stream, false));
  return list_of(std::move(items));
}

ordered_json status_json(const cluster_view& view) {
  const view_index index{view};
  auto nodes = ordered_json::array();
  for (const auto& node : view.rows.nodes) nodes.push_back(node_json(index, node, false));
  auto streams = ordered_json::array();
  for (const auto& stream : view.rows.streams) streams.push_back(stream_json(index, stream, false));
  auto warnings = ordered_json::array();
  for (const auto& one : warnings_of(view))
    warnings.push_back({{"code", one.code}, {"message", one.message}});
  return {{"leader", leader_json(view.leader)},
          {"nodes", std::move(nodes)},
          {"streams", std::move(streams)},
          {"warnings", std::move(warnings)}};
}

}  // namespace weir::app
