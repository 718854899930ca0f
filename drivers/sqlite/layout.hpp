// Which table of sql/sqlite/schema.sql holds which rows of the model, column by column: said once, for writing and for
// reading.
//
// A layout's `columns` shows a visitor the key and the rest of a row: `key(name, value)`, `(name, value)`, and
// `same(a, b)` where the row repeats a part of its key.
#pragma once

#include <string>
#include <utility>

#include "drivers/memory/tables.hpp"

namespace weir::sqlite {

struct counter_layout {
  static constexpr const char* name = "counter";
  using key_type = std::string;
  using row_type = memory::counter_entry;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& row) {
    v.key("name", key);
    v("server", row.server);
    v("timeline", row.timeline);
    v("ids_of_timeline", row.ids_of_timeline);
    v("next_task", row.next_task);
    v("next_request", row.next_request);
    v("next_node", row.next_node);
    v("next_schedule", row.next_schedule);
    v("next_part", row.next_part);
    v("next_stream", row.next_stream);
    v("epoch_floor", row.epoch_floor);
    v("pauses", row.pauses);
    v("next_xid", row.next_xid);
  }
};

struct stream_layout {
  static constexpr const char* name = "stream";
  using key_type = stream_id;
  using row_type = memory::stream_entry;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& row) {
    v.key("stream_id", key);
    v.same(row.id, key);
    v("name", row.settings.name);
    v("mode", row.settings.mode);
    v("partitions", row.settings.partitions);
    v("concurrency", row.settings.concurrency);
    v("pin", row.settings.pin);
    v("pin_policy", row.settings.policy);
    v("isolation", row.settings.where);
    v("handover_delay", row.settings.handover_delay);
    v("async_finish", row.settings.async_finish);
    v("notify", row.settings.notify);
    v("rate_starts", row.settings.rate.starts);
    v("rate_interval", row.settings.rate.interval);
    v("breaker_failures", row.settings.breaker.failures);
    v("breaker_pause", row.settings.breaker.pause);
    v("first_part", row.first_part);
    v("paused_forever", row.paused_forever);
    v("paused_until", row.paused_until);
  }
};

struct former_stream_layout {
  static constexpr const char* name = "former_stream";
  using key_type = stream_id;
  using row_type = std::string;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& row) {
    v.key("stream_id", key);
    v("name", row);
  }
};

struct route_layout {
  static constexpr const char* name = "route";
  using key_type = std::string;
  using row_type = stream_id;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& row) {
    v.key("task_name", key);
    v("stream_id", row);
  }
};

struct partition_layout {
  static constexpr const char* name = "partition";
  using key_type = part_id;
  using row_type = memory::partition_entry;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& row) {
    v.key("part_id", key);
    v.same(row.id, key);
    v("stream_id", row.stream);
    v("slot", row.slot);
    v("owner", row.owner);
    v("timeline", row.timeline);
    v("epoch", row.epoch);
    v("freed_by_crash", row.freed_by_crash);
    v("free_since", row.free_since);
    v("assigned_to", row.assigned_to);
    v("mark_seen", row.mark.seen);
    v("mark_upto", row.mark.upto);
    v("mark_at_xid", row.mark.at_xid);
    v("mark_at_id", row.mark.at_id);
    v("done", row.done);
    v("failed", row.failed);
    v("cancelled", row.cancelled);
    v("deaths", row.deaths);
    v("acquired_at", row.acquired_at);
  }
};

struct owner_layout {
  static constexpr const char* name = "owner";
  using key_type = std::pair<part_id, epoch_number>;
  using row_type = memory::ownership_entry;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& row) {
    v.key("part_id", key.first);
    v.key("epoch", key.second);
    v.same(row.part, key.first);
    v.same(row.epoch, key.second);
    v("timeline", row.timeline);
    v("node_id", row.node);
    v("since", row.since);
    v("ended", row.ended);
    v("reason", row.reason);
  }
};

struct node_layout {
  static constexpr const char* name = "node";
  using key_type = node_id;
  using row_type = memory::node_entry;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& row) {
    v.key("node_id", key);
    v.same(row.id, key);
    v("name", row.facts.name);
    v("machine", row.facts.machine);
    v("version", row.facts.version);
    v("address", row.facts.address);
    v("http", row.facts.http);
    v("labels", row.facts.labels);
    v("weight", row.facts.weight);
    v("actions", row.facts.actions);
    v("cluster_settings", row.facts.cluster_settings);
    v("state", row.state);
    v("timeline", row.timeline);
    v("drain_wanted", row.drain_wanted);
    v("declared", row.declared);
    v("differences", row.differences);
    v("schedule_differences", row.schedule_differences);
    v("ended_by", row.ended_by);
    v("retention", row.retention);
  }
};

struct term_layout {
  static constexpr const char* name = "term";
  using key_type = term_number;
  using row_type = memory::term_entry;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& entry) {
    v.key("term", key);
    v.same(entry.row.fence.term, key);
    v("timeline", entry.row.fence.timeline);
    v("node_id", entry.row.node);
    v("node_name", entry.row.node_name);
    v("elected_at", entry.row.elected_at);
    v("ended_at", entry.row.ended_at);
    v("reason", entry.row.reason);
  }
};

struct task_layout {
  static constexpr const char* name = "task";
  using key_type = task_id;
  using row_type = memory::task_entry;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& row) {
    v.key("task_id", key);
    v.same(row.id, key);
    v("xid", row.xid);
    v("part_id", row.part);
    v("stream_id", row.stream);
    v("handed_epoch", row.handed_epoch);
    v("name", row.name);
    v("key", row.key);
    v("data", row.data);
    v("created_by", row.created_by);
    v("traceparent", row.traceparent);
    v("created_at", row.created_at);
    v("do_after", row.do_after);
  }
};

/// One of a task's; the model has all of a task in one row.
struct attempt_layout {
  static constexpr const char* name = "attempt";
  using key_type = std::pair<task_id, int>;
  using row_type = memory::attempt_entry;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& row) {
    v.key("task_id", key.first);
    v.key("number", key.second);
    v.same(row.number, key.second);
    v("started_at", row.started_at);
    v("took", row.took);
    v("epoch", row.epoch);
    v("node_id", row.node);
    v("result", row.result);
    v("message", row.message);
  }
};

/// A row of a partition's `open`; the key has the partition as well.
struct open_layout {
  static constexpr const char* name = "open";
  using key_type = std::pair<task_id, part_id>;
  using row_type = memory::open_entry;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& row) {
    v.key("task_id", key.first);
    v("part_id", key.second);
    v("epoch", row.epoch);
    v("state", row.state);
    v("due", row.due);
    v("since", row.since);
    v("attempts", row.attempts);
    v("crashes", row.crashes);
    v("runs", row.runs);
    v("marked", row.marked);
    v("name", row.name);
    v("key", row.key);
  }
};

struct request_layout {
  static constexpr const char* name = "request";
  using key_type = task_id;
  using row_type = memory::request_entry;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& row) {
    v.key("task_id", key);
    v("request_id", row.id);
    v("part_id", row.part);
    v("kind", row.kind);
    v("due", row.due);
    v("asked_by", row.asked_by);
  }
};

struct receipt_layout {
  static constexpr const char* name = "receipt";
  using key_type = std::string;
  using row_type = memory::receipt_entry;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& row) {
    v.key("token", key);
    v("ids", row.ids);
  }
};

struct paused_name_layout {
  static constexpr const char* name = "paused_name";
  using key_type = std::string;
  using row_type = std::optional<wall_time>;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& row) {
    v.key("name", key);
    v("until", row);
  }
};

struct schedule_layout {
  static constexpr const char* name = "schedule";
  using key_type = std::string;
  using row_type = memory::schedule_entry;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& row) {
    v.key("name", key);
    v.same(row.settings.name, key);
    v("schedule_id", row.id);
    v("task", row.settings.task);
    v("key", row.settings.key);
    v("data", row.settings.data);
    v("every", row.settings.every);
    v("cron", row.settings.cron);
    v("zone", row.settings.zone);
    v("missed", row.settings.missed);
    v("since", row.since);
    v("next_at", row.next_at);
    v("paused_forever", row.paused_forever);
    v("paused_until", row.paused_until);
    v("last_at", row.last_at);
    v("last_task", row.last_task);
  }
};

struct cdc_layout {
  static constexpr const char* name = "cdc";
  using key_type = std::string;
  using row_type = memory::cdc_entry;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& entry) {
    v.key("controller", key);
    v.same(entry.row.controller, key);
    v("name", entry.row.name);
    v("pass", entry.row.pass);
    v("round", entry.row.round);
    v("go_on_after", entry.row.go_on_after);
    v("started_at", entry.row.started_at);
    v("finished_at", entry.row.finished_at);
    v("created", entry.row.last.created);
    v("updated", entry.row.last.updated);
    v("deleted", entry.row.last.deleted);
    v("failed", entry.row.last.failed);
    v("problem", entry.row.problem);
  }
};

struct cdc_object_layout {
  static constexpr const char* name = "cdc_object";
  using key_type = std::pair<std::string, std::string>;
  using row_type = memory::cdc_entry::kept;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& row) {
    v.key("controller", key.first);
    v.key("object", key.second);
    v("hash", row.hash);
    v("round", row.round);
  }
};

struct audit_layout {
  static constexpr const char* name = "audit";
  using key_type = std::int64_t;
  using row_type = memory::audit_entry;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& entry) {
    v.key("audit_id", key);
    v.same(entry.row.id, key);
    v("at", entry.row.at);
    v("who", entry.row.who);
    v("login", entry.row.login);
    v("way", entry.row.way);
    v("action", entry.row.action);
    v("object", entry.row.object);
    v("details", entry.row.details);
    v("result", entry.row.result);
    v("request", entry.request);
  }
};

struct segment_layout {
  static constexpr const char* name = "segment";
  using key_type = segment_number;
  using row_type = memory::marked_entry;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& /*row*/) {
    v.key("number", key);
  }
};

struct kept_layout {
  static constexpr const char* name = "kept";
  using key_type = task_id;
  using row_type = memory::marked_entry;
  template <class Visitor, class Key, class Row>
  static void columns(Visitor& v, Key& key, Row& /*row*/) {
    v.key("task_id", key);
  }
};

}  // namespace weir::sqlite
