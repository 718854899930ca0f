// Reads and writes the JSON that carries whole catalogues in one round trip.
#include "drivers/postgres/catalog_json.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>
#include <weir/assert.hpp>

#include "domain/names.hpp"
#include "domain/start_pace.hpp"

namespace weir::postgres {
namespace {

using nlohmann::json;

std::string text_or_empty(const json& value) {
  return value.is_string() ? value.get<std::string>() : std::string{};
}

/// It was said with the beat, which is some time ago.
std::chrono::milliseconds left_of(std::int64_t said_ms, double beat_age_seconds) {
  return std::chrono::milliseconds{
      std::max<std::int64_t>(0, said_ms - static_cast<std::int64_t>(beat_age_seconds * 1000))};
}

node_row node_of(const json& j) {
  node_row row;
  row.id = j.at("id").get<node_id>();
  row.facts.name = j.at("name").get<std::string>();
  row.facts.machine = j.at("machine").get<std::string>();
  row.facts.version = j.at("version").get<std::string>();
  row.facts.address = j.at("address").get<std::string>();
  row.facts.http = j.at("http").get<std::string>();
  for (const auto& [key, value] : j.at("labels").items()) row.facts.labels[key] = text_or_empty(value);
  row.facts.weight = j.at("weight").get<int>();
  row.facts.actions = j.at("actions").get<std::vector<std::string>>();
  row.facts.cluster_settings = j.at("cluster_settings").get<std::string>();
  row.state = parse_node_state(j.at("state").get<std::string>()).value_or(node_state::dead);
  row.timeline = j.at("timeline").get<std::int32_t>();
  row.beat = j.at("beat").get<std::int64_t>();
  row.beat_age_seconds = j.at("beat_age").get<double>();
  row.drain_wanted = j.at("drain_wanted").get<bool>();
  row.declared = j.at("declared").get<bool>();
  row.said.late_writes_refused = j.at("late_writes_refused").get<std::int64_t>();
  for (const auto& one : j.at("resting")) {
    resting_stream rests;
    rests.stream = one.at("stream").get<stream_id>();
    rests.failures = one.at("failures").get<int>();
    rests.left = left_of(one.at("left_ms").get<std::int64_t>(), row.beat_age_seconds);
    rests.message = one.at("message").get<std::string>();
    row.said.resting.push_back(std::move(rests));
  }
  return row;
}

stream_row stream_of(const json& j) {
  stream_row row;
  row.id = j.at("id").get<stream_id>();
  row.name = j.at("name").get<std::string>();
  row.mode = j.at("mode") == "single" ? stream_mode::single : stream_mode::parallel;
  row.partitions = j.at("partitions").get<int>();
  row.concurrency = j.at("concurrency").get<int>();
  if (j.at("pin").is_string()) row.pin = j.at("pin").get<std::string>();
  row.policy = j.at("pin_policy") == "prefer" ? pin_policy::prefer : pin_policy::strict;
  row.where = j.at("isolation") == "process" ? isolation::process : isolation::thread;
  row.handover_delay = std::chrono::milliseconds{j.at("handover_delay_ms").get<std::int64_t>()};
  row.async_finish = j.at("async_finish").get<bool>();
  row.notify = j.at("notify").get<bool>();
  row.rate = domain::parse_rate(text_or_empty(j.at("rate"))).value_or(start_rate{});
  row.breaker.failures = j.at("breaker_failures").get<int>();
  row.breaker.pause = std::chrono::milliseconds{j.at("breaker_pause_ms").get<std::int64_t>()};
  row.paused = j.at("paused").get<bool>();
  const auto& until = j.at("paused_until_us");
  if (until.is_number()) row.paused_until = wall_time{std::chrono::microseconds{until.get<std::int64_t>()}};
  row.routes = j.at("routes").get<std::vector<std::string>>();
  return row;
}

partition_row partition_of(const json& j) {
  partition_row row;
  row.id = j.at("id").get<part_id>();
  row.stream = j.at("stream").get<stream_id>();
  row.slot = j.at("slot").get<int>();
  row.owner = j.at("owner").is_number() ? j.at("owner").get<node_id>() : 0;
  row.owner_name = text_or_empty(j.at("owner_name"));
  row.timeline = j.at("timeline").get<std::int32_t>();
  row.epoch = j.at("epoch").get<epoch_number>();
  row.freed_by_crash = j.at("freed_by_crash").get<bool>();
  row.assigned_to = text_or_empty(j.at("assigned_to"));
  return row;
}

paused_name paused_of(const json& j) {
  paused_name row;
  row.name = j.at("name").get<std::string>();
  const auto& until = j.at("until_us");
  if (until.is_number()) row.until = wall_time{std::chrono::microseconds{until.get<std::int64_t>()}};
  return row;
}

template <class Row, class Read>
std::vector<Row> rows_of(const std::string& text, Read read) {
  std::vector<Row> rows;
  const json parsed = json::parse(text);
  rows.reserve(parsed.size());
  for (const auto& item : parsed) rows.push_back(read(item));
  return rows;
}

json rate_json(const start_rate& rate) { return rate.starts > 0 ? json(domain::format_rate(rate)) : json(); }

json object_of(const stream_declaration& wanted) {
  return {{"name", wanted.name},
          {"mode", spelling(wanted.mode)},
          {"partitions", wanted.partitions},
          {"concurrency", wanted.concurrency},
          {"pin", wanted.pin ? json(*wanted.pin) : json()},
          {"pin_policy", spelling(wanted.policy)},
          {"isolation", spelling(wanted.where)},
          {"handover_delay_ms", wanted.handover_delay.count()},
          {"async_finish", wanted.async_finish},
          {"notify", wanted.notify},
          {"rate", rate_json(wanted.rate)},
          {"breaker_failures", wanted.breaker.failures},
          {"breaker_pause_ms", wanted.breaker.pause.count()}};
}

/// Invalid UTF-8 from outside must not throw here: the database refuses what it cannot read.
std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

std::vector<node_row> nodes_of(const std::string& text) { return rows_of<node_row>(text, node_of); }
std::vector<stream_row> streams_of(const std::string& text) { return rows_of<stream_row>(text, stream_of); }
std::vector<partition_row> partitions_of(const std::string& text) {
  return rows_of<partition_row>(text, partition_of);
}

catalog catalog_of(const std::string& nodes, const std::string& streams, const std::string& partitions,
                   const std::string& paused) {
  return {nodes_of(nodes), streams_of(streams), partitions_of(partitions),
          rows_of<paused_name>(paused, paused_of)};
}

std::vector<part_id> parts_of(const std::string& text) {
  return json::parse(text).get<std::vector<part_id>>();
}

std::vector<std::string> texts_of(const std::string& text) {
  return json::parse(text).get<std::vector<std::string>>();
}

std::string json_of(const node_facts& facts) {
  json settings = json::object();
  if (!facts.cluster_settings.empty()) settings = json::parse(facts.cluster_settings, nullptr, false);
  if (!settings.is_object()) return {};
  return dump({{"name", facts.name},
               {"machine", facts.machine},
               {"version", facts.version},
               {"address", facts.address},
               {"http", facts.http},
               {"labels", json(facts.labels)},
               {"weight", facts.weight},
               {"actions", facts.actions},
               {"cluster_settings", settings}});
}

std::string json_of(const stream_change& change) {
  json out = json::object();
  if (change.concurrency) out["concurrency"] = *change.concurrency;
  if (change.partitions) out["partitions"] = *change.partitions;
  if (change.mode) out["mode"] = spelling(*change.mode);
  if (change.policy) out["pin_policy"] = spelling(*change.policy);
  if (change.where) out["isolation"] = spelling(*change.where);
  if (change.handover_delay) out["handover_delay_ms"] = change.handover_delay->count();
  if (change.async_finish) out["async_finish"] = *change.async_finish;
  if (change.notify) out["notify"] = *change.notify;
  if (change.rate) out["rate"] = rate_json(*change.rate);
  if (change.breaker_failures) out["breaker_failures"] = *change.breaker_failures;
  if (change.breaker_pause) out["breaker_pause_ms"] = change.breaker_pause->count();
  return out.dump();
}

std::string json_of(const beat_note& note) {
  json resting = json::array();
  for (const resting_stream& one : note.resting) {
    resting.push_back({{"stream", one.stream},
                       {"failures", one.failures},
                       {"left_ms", one.left.count()},
                       {"message", one.message}});
  }
  return dump(resting);
}

std::string json_of(const stream_declaration& wanted) { return dump(object_of(wanted)); }

std::string json_of(const declarations& wanted) {
  json streams = json::array();
  for (const auto& stream : wanted.streams) streams.push_back(object_of(stream));
  json routes = json::array();
  for (const auto& route : wanted.routes)
    routes.push_back({{"task_name", route.task_name}, {"stream", route.stream}});
  return dump({{"streams", streams}, {"routes", routes}});
}

std::string json_of(const schedule_declaration& wanted) {
  const bool interval = wanted.every.count() != 0;
  // The data is put in as it was written: a number must not lose digits on its way.
  json object{{"name", wanted.name}, {"task", wanted.task}, {"missed", to_string(wanted.missed)}};
  if (wanted.key && !wanted.key->empty()) object["key"] = *wanted.key;
  if (interval) {
    object["every_ms"] = wanted.every.count();
  } else {
    object["cron"] = wanted.cron;
    object["zone"] = wanted.zone;
  }
  std::string text = dump(object);
  text.pop_back();
  return text + ",\"data\":" + wanted.data + "}";
}

const char* spelling(stream_mode mode) noexcept {
  return mode == stream_mode::single ? "single" : "parallel";
}
const char* spelling(pin_policy policy) noexcept {
  return policy == pin_policy::prefer ? "prefer" : "strict";
}
const char* spelling(isolation where) noexcept { return where == isolation::process ? "process" : "thread"; }

}  // namespace weir::postgres
