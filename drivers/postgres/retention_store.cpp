// Retention: what a leader sees of the storage of tasks, and what it lets go.
#include <nlohmann/json.hpp>

#include <weir/driver/retention_store.hpp>

#include "drivers/postgres/fields.hpp"
#include "drivers/postgres/session.hpp"
#include "drivers/postgres/stores.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

const session_kind retention_kind{"retention", false, std::chrono::seconds{5}, false, true};

const char* spelling(retention_walk::what act) {
  switch (act) {
    case retention_walk::what::count: return "count";
    case retention_walk::what::sweep: return "sweep";
    case retention_walk::what::clear: return "clear";
  }
  return "count";
}

std::optional<milliseconds> age_in(const json& object, const char* key) {
  const auto at = object.find(key);
  if (at == object.end() || !at->is_number()) return std::nullopt;
  return milliseconds{at->get<std::int64_t>()};
}

retention_ages ages_of(const json& object) {
  return {age_in(object, "done_ms"), age_in(object, "failed_ms"), age_in(object, "cancelled_ms")};
}

retention_policy policy_of(const json& object) {
  retention_policy policy;
  policy.all = ages_of(object);
  if (const auto streams = object.find("streams"); streams != object.end()) {
    for (const auto& [name, own] : streams->items()) policy.streams[name] = ages_of(own);
  }
  return policy;
}

json json_of(const retention_ages& ages) {
  json object = json::object();
  if (ages.done) object["done_ms"] = ages.done->count();
  if (ages.failed) object["failed_ms"] = ages.failed->count();
  if (ages.cancelled) object["cancelled_ms"] = ages.cancelled->count();
  return object;
}

std::string text_of(const retention_policy& policy) {
  json object = json_of(policy.all);
  for (const auto& [name, own] : policy.streams) object["streams"][name] = json_of(own);
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<wall_time> instant_in(const json& object, const char* key) {
  const json& at = object.at(key);
  if (!at.is_number()) return std::nullopt;
  return wall_time{std::chrono::microseconds{at.get<std::int64_t>()}};
}

segment_row segment_of(const json& object) {
  segment_row row;
  row.number = object.at("no").get<segment_number>();
  row.first_id = object.at("first_id").get<task_id>();
  row.end_id = object.at("end_id").get<task_id>();
  row.oldest = instant_in(object, "oldest_us");
  row.newest = instant_in(object, "newest_us");
  row.passed = object.at("passed").get<bool>();
  return row;
}

class retention : public retention_store {
 public:
  explicit retention(const options& where) : session_(where, retention_kind) {}

  result<void> reconnect() override { return session_.open(); }

  result<void> declare(node_id me, const retention_policy& wanted) override {
    const auto rows =
        session_.run(sql::declare_retention, parameters{}.add(me).add(text_of(wanted)), effect::writes);
    if (!rows) return rows.error();
    if (rows->affected_rows() == 0)
      return error{errc::refused, "node " + std::to_string(me) + " is not alive, it cannot declare"};
    return {};
  }

  result<retention_view> look() override {
    const auto rows = session_.run(sql::look_at_retention, {}, effect::reads);
    if (!rows) return rows.error();
    const json seen = json::parse(text((*rows)[0][0]));
    retention_view view;
    view.now = instant_in(seen, "now_us").value_or(wall_time{});
    view.taken = seen.at("taken").get<std::string>();
    view.next_id = seen.at("next_id").get<task_id>();
    view.any_kept = seen.at("kept").get<bool>();
    for (const json& one : seen.at("segments")) view.segments.push_back(segment_of(one));
    for (const json& one : seen.at("nodes")) view.nodes.push_back(policy_of(one));
    return view;
  }

  result<walk_reply> walk(node_id me, leader_term term, const retention_walk& portion) override {
    const auto rows = session_.run(sql::walk_retention,
                                   led_by(me, term)
                                       .add(spelling(portion.does))
                                       .add(portion.segment)
                                       .add(portion.after)
                                       .add(portion.most_seen)
                                       .add(portion.most_changed)
                                       .add(text_of(portion.ages)),
                                   effect::writes);
    if (!rows) return rows.error();
    const auto row = (*rows)[0];
    walk_reply reply;
    reply.upto = number<task_id>(row[0]);
    reply.upto_created = maybe_instant(row[1]);
    reply.more = flag(row[2]);
    reply.gone = number(row[3]);
    reply.stays = number(row[4]);
    reply.unfinished = number(row[5]);
    reply.next_in = maybe_ms(row[6]);
    return reply;
  }

  result<bool> empty(node_id me, leader_term term, segment_number segment, const snapshot& walked) override {
    return told(session_.run(sql::empty_segment, led_by(me, term).add(segment).add(walked), effect::writes));
  }

  result<bool> drop(node_id me, leader_term term, segment_number segment) override {
    return told(session_.run(sql::drop_segment, led_by(me, term).add(segment), effect::writes));
  }

 private:
  static parameters led_by(node_id me, leader_term term) {
    return parameters{}.add(me).add(term.timeline).add(term.term);
  }

  static result<bool> told(const result<pqxx::result>& rows) {
    if (!rows) return rows.error();
    return flag((*rows)[0][0]);
  }

  session session_;
};

}  // namespace

std::unique_ptr<retention_store> open_retention_store(const options& where) {
  return std::make_unique<retention>(where);
}

}  // namespace weir::postgres
