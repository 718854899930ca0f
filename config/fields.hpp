// Which key is which field of node_config: one list, walked to fill the struct and to show it.
#pragma once

#include <string>

#include <weir/config.hpp>

#include "config/key_table.hpp"

namespace weir::config {

/// Calls visit(path, field) for every key of the fixed sections, in the table's order.
/// `Config` is node_config, const or not.
template <class Config, class Visit>
void visit_fields(Config& config, Visit&& visit) {
  visit({"database", "url"}, config.database.url);
  visit({"database", "direct_url"}, config.database.direct_url);
  visit({"database", "schema"}, config.database.schema);
  visit({"database", "message_queue"}, config.database.message_queue);
  visit({"cluster", "ttl"}, config.cluster.ttl);
  visit({"cluster", "beat"}, config.cluster.beat);
  visit({"cluster", "margin"}, config.cluster.margin);
  visit({"node", "name"}, config.node.name);
  visit({"node", "listen"}, config.node.listen);
  visit({"node", "state_dir"}, config.node.state_dir);
  visit({"node", "labels"}, config.node.labels);
  visit({"node", "weight"}, config.node.weight);
  visit({"node", "leader_eligible"}, config.node.leader_eligible);
  visit({"node", "drain_timeout"}, config.node.drain_timeout);
  visit({"tls", "cert"}, config.tls.cert);
  visit({"tls", "key"}, config.tls.key);
  visit({"tls", "ca"}, config.tls.ca);
  visit({"http", "listen"}, config.http.listen);
  visit({"http", "tokens_file"}, config.http.tokens_file);
  visit({"http", "base_path"}, config.http.base_path);
  visit({"log", "level"}, config.log.level);
  visit({"log", "format"}, config.log.format);
  visit({"trace", "url"}, config.trace.url);
  visit({"trace", "headers"}, config.trace.headers);
  visit({"trace", "percent"}, config.trace.percent);
  visit({"trace", "join"}, config.trace.join);
  visit({"trace", "queue"}, config.trace.queue);
  visit({"limits", "payload"}, config.limits.payload);
  visit({"retention", "done"}, config.retention.done);
  visit({"retention", "failed"}, config.retention.failed);
  visit({"retention", "cancelled"}, config.retention.cancelled);
}

/// The same for one [stream.NAME]; keys that only stream_settings holds are not visited.
template <class Stream, class Visit>
void visit_stream(Stream& stream, Visit&& visit) {
  const auto path = [&](const char* key) { return key_path{"stream", stream.name, key}; };
  visit(path("mode"), stream.mode);
  visit(path("partitions"), stream.partitions);
  visit(path("concurrency"), stream.concurrency);
  visit(path("pin"), stream.pin);
  visit(path("pin_policy"), stream.policy);
  visit(path("isolation"), stream.where);
  visit(path("handover_delay"), stream.handover_delay);
  visit(path("async_finish"), stream.async_finish);
  visit(path("notify"), stream.notify);
  visit(path("rate"), stream.rate);
  visit({"stream", stream.name, "breaker", "failures"}, stream.breaker.failures);
  visit({"stream", stream.name, "breaker", "pause"}, stream.breaker.pause);
}

/// The same for one [action.NAME]; type, retry and `settings` are not visited.
template <class Action, class Visit>
void visit_action(Action& action, Visit&& visit) {
  const auto path = [&](const char* key) { return key_path{"action", action.name, key}; };
  visit(path("stream"), action.options.stream);
  visit(path("timeout"), action.options.timeout);
  visit(path("max_crashes"), action.options.max_crashes);
  visit(path("command"), action.command);
}

/// The same for one [schedule.NAME].
template <class Schedule, class Visit>
void visit_schedule(Schedule& schedule, Visit&& visit) {
  const auto path = [&](const char* key) { return key_path{"schedule", schedule.name, key}; };
  visit(path("task"), schedule.task);
  visit(path("cron"), schedule.cron);
  visit(path("every"), schedule.every);
  visit(path("zone"), schedule.zone);
  visit(path("missed"), schedule.missed);
  visit(path("key"), schedule.key);
  visit(path("data"), schedule.data);
}

/// "exec", "http", ...
const char* to_string(action_config::type kind) noexcept;

}  // namespace weir::config
