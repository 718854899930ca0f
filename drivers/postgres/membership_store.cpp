// Registration, beats, declaring dead.
#include <nlohmann/json.hpp>

#include "drivers/postgres/catalog_json.hpp"
#include "drivers/postgres/fields.hpp"
#include "drivers/postgres/session.hpp"
#include "drivers/postgres/stores.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

// A beat that takes longer than two seconds is better repeated.
const session_kind membership_kind{"beat", true, std::chrono::seconds{2}, false, true};

class membership : public membership_store {
 public:
  explicit membership(const options& where) : schema_(where.schema), session_(where, membership_kind) {}

  result<void> reconnect() override { return session_.open(); }

  result<registration> identify() override {
    const auto rows = session_.run(sql::identify, {}, effect::reads);
    if (!rows) return rows.error();
    const auto row = (*rows)[0];
    return registration{0, number<std::int32_t>(row[0]), number(row[1]), cluster_of(row[1], row[2])};
  }

  result<std::optional<incarnation>> find(const std::string& name) override {
    const auto rows = session_.run(sql::find_node, parameters{}.add(name), effect::reads);
    if (!rows) return rows.error();
    if (rows->empty()) return std::optional<incarnation>{};
    const auto row = (*rows)[0];
    return std::optional<incarnation>{
        incarnation{number<node_id>(row[0]), parse_node_state(text(row[1])).value_or(node_state::dead),
                    number(row[2]), number<std::int32_t>(row[3]), text(row[4])}};
  }

  result<registration> join(const node_facts& facts) override {
    std::string json = json_of(facts);
    if (json.empty()) return error{errc::invalid, "cluster_settings must be a JSON object"};
    const auto rows = session_.run(sql::join_node, parameters{}.add(std::move(json)), effect::writes);
    if (!rows) return rows.error();
    const auto row = (*rows)[0];
    return registration{number<node_id>(row[0]), number<std::int32_t>(row[1]), number(row[2]),
                        cluster_of(row[2], row[3])};
  }

  result<beat_view> beat(node_id me, const beat_note& note) override {
    const auto rows = session_.run(
        sql::beat, parameters{}.add(me).add(note.late_writes_refused).add(json_of(note)), effect::writes);
    if (!rows) return rows.error();
    if (rows->empty()) return why_refused(me);
    const auto row = (*rows)[0];
    beat_view view;
    view.timeline = number<std::int32_t>(row[0]);
    view.state = parse_node_state(text(row[1])).value_or(node_state::dead);
    view.drain_wanted = flag(row[2]);
    view.nodes = nodes_of(text(row[3]));
    view.partitions = partitions_of(text(row[4]));
    view.streams = streams_of(text(row[5]));
    view.requested = parts_of(text(row[7]));
    view.paused_names = texts_of(text(row[8]));
    view.pauses = number(row[9]);
    for (node_row& node : view.nodes) {
      if (node.id != me) continue;
      node.beat = number(row[6]);  // the statement reads what was there before it counted
      node.beat_age_seconds = 0;
    }
    return view;
  }

  std::vector<stream_id> await_tasks(std::chrono::nanoseconds most, const bell& rung) override {
    std::vector<stream_id> streams;
    for (const std::string& ids : session_.await(sql::wake_channel, most, rung)) {
      // Anyone may notify: what is no list of numbers says nothing.
      const auto said = nlohmann::json::parse('[' + ids + ']', nullptr, false);
      if (!said.is_array()) continue;
      for (const auto& id : said) {
        if (id.is_number_integer()) streams.push_back(id.get<stream_id>());
      }
    }
    return streams;
  }

  result<void> set_state(node_id me, node_state state) override {
    const auto rows =
        session_.run(sql::set_node_state, parameters{}.add(me).add(to_string(state)), effect::writes);
    if (!rows) return rows.error();
    return {};
  }

  result<void> note_process_end(node_id who, const std::string& how) override {
    const auto rows = session_.run(sql::note_process_end, parameters{}.add(who).add(how), effect::writes);
    if (!rows) return rows.error();
    return {};
  }

  result<bool> declare_dead(node_id who, std::int64_t seen_beat, std::int32_t timeline) override {
    return declare(parameters{}.add(who).add(seen_beat).add(timeline));
  }

  result<bool> declare_dead_by_proof(node_id who) override {
    return declare(parameters{}.add(who).add_null().add_null());
  }

 private:
  result<bool> declare(parameters with) {
    const advisory_lock lock = leader_lock(session_.where());
    const auto rows =
        session_.run(sql::declare_dead, with.add(lock.lock_class).add(lock.lock_object), effect::writes);
    if (!rows) return rows.error();
    return flag((*rows)[0][0]);
  }

  error why_refused(node_id me) {
    const auto rows = session_.run(sql::node_state, parameters{}.add(me), effect::reads);
    const std::string who = "node id " + std::to_string(me);
    if (!rows) return rows.error();
    if (rows->empty()) return {errc::refused, who + " does not exist"};
    const auto row = (*rows)[0];
    if (text(row[1]) != text(row[2])) {
      return {errc::refused,
              who + " belongs to timeline " + text(row[1]) + ", the database is on timeline " + text(row[2])};
    }
    return {errc::refused, who + " is " + text(row[0]) + "; it may never write again"};
  }

  std::string cluster_of(const pqxx::field& server, const pqxx::field& database) const {
    return text(server) + "/" + text(database) + "/" + schema_;
  }

  std::string schema_;
  session session_;
};

}  // namespace

std::unique_ptr<membership_store> open_membership_store(const options& where) {
  return std::make_unique<membership>(where);
}

}  // namespace weir::postgres
