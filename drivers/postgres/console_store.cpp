// What people ask and order.
#include <nlohmann/json.hpp>
#include <weir/driver/figures.hpp>

#include "domain/task_bounds.hpp"
#include "drivers/postgres/acting.hpp"
#include "drivers/postgres/catalog_json.hpp"
#include "drivers/postgres/console_tasks.hpp"
#include "drivers/postgres/fields.hpp"
#include "drivers/postgres/stores.hpp"
#include "drivers/postgres/task_search.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

const session_kind console_kind{"console", false, std::chrono::seconds{5}, true, true};
/// More due tasks than this are not counted for a node that runs once.
constexpr std::int64_t most_due = 1000;
/// Schedules and passes of cluster_figures; also the tasks that are looked through for the last pass that ended well.
constexpr std::int64_t most_delays = 1000;

term_row term_of(const pqxx::row& row) {
  term_row term;
  term.fence = {number<std::int32_t>(row[0]), number(row[1])};
  term.node = number<node_id>(row[2]);
  term.node_name = text(row[3]);
  term.elected_at = instant(row[4]);
  term.ended_at = maybe_instant(row[5]);
  term.reason = text(row[6]);
  return term;
}

std::string joined(const std::vector<std::string>& sentences) {
  std::string out;
  for (const auto& one : sentences) out += (out.empty() ? "" : "; ") + one;
  return out;
}

class console : public console_store, public figures_source {
 public:
  explicit console(const options& where) : session_(where, console_kind) {}

  result<void> reconnect() override { return session_.open(); }
  void act_as(operator_identity who) override { session_.act_as(std::move(who)); }
  result<audit_page> audit(const audit_filter& filter) override { return list_audit(session_, filter); }

  result<cluster_view> view() override {
    cluster_view view;
    auto all = rows();
    if (!all) return all.error();
    view.rows = std::move(all).value();
    auto counts = count_streams(session_);
    if (!counts) return counts.error();
    view.counts = std::move(counts).value();
    const auto running = session_.read(sql::running_tasks, {});
    if (!running) return running.error();
    for (const auto& row : *running) {
      for (node_row& node : view.rows.nodes) {
        if (node.id == number<node_id>(row[0])) node.running = number(row[1]);
      }
    }
    const auto terms = terms_of(1, true);
    if (!terms) return terms.error();
    if (!terms->empty()) view.leader = terms->front();
    const auto differences = session_.read(sql::node_differences, {});
    if (!differences) return differences.error();
    for (const auto& row : *differences) view.differences.push_back(text(row[0]));
    return view;
  }

  result<cluster_figures> figures() override {
    const auto rows = session_.read(sql::delays, parameters{}.add(most_delays));
    if (!rows) return rows.error();
    cluster_figures all;
    for (const auto& row : *rows) {
      const std::string kind = text(row[0]);
      auto& of_kind = kind == "unowned" ? all.unowned : kind == "schedule" ? all.schedules : all.passes;
      of_kind.push_back({text(row[1]), row[2].as<double>()});
    }
    const auto bytes = session_.read(sql::stored_bytes, {});
    if (!bytes) return bytes.error();
    all.stored_bytes = number((*bytes)[0][0]);
    return all;
  }

  result<catalog> rows() override {
    const auto rows = session_.read(sql::load_catalog, {});
    if (!rows) return rows.error();
    const auto row = (*rows)[0];
    return catalog_of(text(row[0]), text(row[1]), text(row[2]), text(row[3]));
  }

  result<std::vector<term_row>> leaders(int limit) override { return terms_of(limit, false); }

  result<std::vector<owner_record>> owners(const std::string& stream, int limit) override {
    const auto rows = session_.read(sql::owners, parameters{}.add(stream).add(limit));
    if (!rows) return rows.error();
    if (rows->empty()) return error{errc::not_found, "there is no stream " + domain::in_quotes(stream)};
    std::vector<owner_record> all;
    for (const auto& row : *rows) {
      if (row[0].is_null()) continue;
      all.push_back({number<int>(row[0]), number(row[1]), number<int>(row[2]), text(row[3]), instant(row[4]),
                     maybe_instant(row[5]), text(row[6])});
    }
    return all;
  }

  result<term_row> resign_leader() override {
    const advisory_lock lock = leader_lock(session_.where());
    const auto rows = session_.act(
        domain::resigning(), sql::resign_leader, parameters{}.add(lock.lock_class).add(lock.lock_object),
        [](const pqxx::result& ended, domain::operator_action& told) -> std::optional<error> {
          if (ended.empty()) return error{errc::not_found, "no node leads"};
          told = domain::resigned(term_of(ended[0]));
          return std::nullopt;
        });
    if (!rows) return rows.error();
    return term_of((*rows)[0]);
  }

  result<std::vector<inserted>> enqueue(const std::vector<insert_row>& rows) override {
    return session_.enqueue(rows);
  }
  result<task_page> tasks(const task_filter& filter) override { return list_tasks(session_, filter); }
  result<task_id_page> ids(const task_filter& filter) override { return list_ids(session_, filter); }
  result<task_record> task(task_id id) override { return find_task(session_, id); }
  result<std::vector<attempt_record>> attempts(task_id id) override { return attempts_of(session_, id); }
  result<std::vector<order_answer>> order(const task_order& what) override {
    return order_tasks(session_, what);
  }
  result<std::vector<task_id>> requeue(const std::vector<task_id>& tasks, const std::string& who) override {
    return requeue_tasks(session_, tasks, who);
  }
  result<std::optional<std::vector<task_id>>> answered(const std::string& token) override {
    const auto rows = session_.read(sql::message_answered, parameters{}.add(token));
    if (!rows) return rows.error();
    std::vector<task_id> ids;
    for (const auto& row : *rows) ids.push_back(number(row[0]));
    return ids.empty() ? std::optional<std::vector<task_id>>{} : ids;
  }

  result<std::optional<task_id>> successor(task_id id) override { return successor_of(session_, id); }
  result<task_facts> facts(task_id id) override { return facts_of(session_, id); }
  result<work_left> left_for(node_id me) override {
    const auto rows = session_.read(sql::work_left, parameters{}.add(me).add(most_due));
    if (!rows) return rows.error();
    if (rows->empty()) return error{errc::refused, "node " + std::to_string(me) + " is not alive"};
    return work_left{flag((*rows)[0][0]), number((*rows)[0][1])};
  }
  result<std::int64_t> count_unfinished(const std::string& name, std::int64_t cap) override {
    return postgres::count_unfinished(session_, name, cap);
  }
  result<std::int64_t> count_ended() override { return postgres::count_ended(session_); }
  result<std::vector<task_id>> unfinished(const task_filter& filter, int most) override {
    return unfinished_tasks(session_, filter, most);
  }
  result<bounded_count> unfinished_at_least(const task_filter& filter, int most) override {
    return postgres::unfinished_at_least(session_, filter, most);
  }
  result<std::vector<error_group>> errors(int limit) override { return recent_errors(session_, limit); }

  result<void> create_stream(const stream_declaration& wanted) override {
    const std::string json = postgres::json_of(wanted);
    const auto present = session_.read(sql::stream_problems, parameters{}.add(json));
    if (!present) return present.error();
    if (flag((*present)[0][0])) {
      const auto differences = texts_of(text((*present)[0][1]));
      std::optional<error> why;
      if (!differences.empty()) why = {errc::conflict, "it exists and differs: " + joined(differences)};
      if (const auto noted = session_.note(domain::creating(wanted), why); !noted) return noted;
      if (why) return *why;
      return {};
    }
    return done(session_.act(domain::creating(wanted), sql::create_stream, parameters{}.add(json)));
  }

  result<void> change_stream(const std::string& name, const stream_change& change) override {
    return done(session_.act(domain::changing(name, change), sql::change_stream,
                             parameters{}.add(name).add(json_of(change))));
  }

  result<void> delete_stream(const std::string& name) override {
    return done(session_.act(domain::deleting(name), sql::delete_stream, parameters{}.add(name)));
  }

  result<void> wish_for(const std::vector<wish>& wishes) override {
    array_text parts;
    array_text names;
    for (const wish& one : wishes) {
      parts.add(one.part);
      names.add(one.node);
    }
    return done(
        session_.act(domain::moving("", wishes), sql::wish, parameters{}.add(parts).add(names),
                     [&](const pqxx::result& moved, domain::operator_action& told) -> std::optional<error> {
                       if (!moved.empty()) told = domain::moving(text(moved[0][0]), wishes);
                       return std::nullopt;
                     }));
  }

  result<void> pin(const std::string& name, const std::optional<std::string>& node,
                   std::optional<weir::pin_policy> policy) override {
    if (node) {
      const auto checked = domain::check_name("node name", *node);
      if (!checked) return checked;
    }
    parameters with;
    with.add(name).add(node);
    policy ? with.add(spelling(*policy)) : with.add_null();
    return change_one(domain::pinning(name, node, policy), sql::pin_stream, with, "stream");
  }

  result<void> pause(const std::string& name, const std::optional<wall_time>& until) override {
    return change_one(domain::pausing("stream", name, until), sql::pause_stream, until_of(name, until),
                      "stream");
  }

  result<void> resume(const std::string& name) override {
    return change_one(domain::resuming("stream", name), sql::resume_stream, parameters{}.add(name), "stream");
  }

  result<void> pause_name(const std::string& name, const std::optional<wall_time>& until) override {
    if (auto named = domain::check_name("task name", name); !named) return named;
    return done(session_.act(domain::pausing("task", name, until), sql::pause_name, until_of(name, until)));
  }

  result<void> resume_name(const std::string& name) override {
    return change_one(domain::resuming("task", name), sql::resume_name, parameters{}.add(name),
                      "paused task name");
  }

  result<void> note_reload(const std::string& node, const std::vector<std::string>& applied,
                           const std::vector<std::string>& needs_restart) override {
    return session_.note(domain::reloading(node, applied, needs_restart), std::nullopt);
  }

  result<void> drain(const std::string& node, bool wanted) override {
    return change_one(domain::draining(node, wanted), sql::drain_node, parameters{}.add(node).add(wanted),
                      "node");
  }

 private:
  static result<void> done(const result<pqxx::result>& rows) {
    if (!rows) return rows.error();
    return {};
  }

  static parameters until_of(const std::string& name, const std::optional<wall_time>& until) {
    parameters with;
    with.add(name);
    until ? with.add(microseconds_of(*until)) : with.add_null();
    return with;
  }

  /// @param kind  what it is called when there is none of that name
  result<void> change_one(const domain::operator_action& what, const sql::statement& order,
                          const parameters& with, const char* kind) {
    return done(session_.act(
        what, order, with,
        [kind](const pqxx::result& changed, domain::operator_action& told) -> std::optional<error> {
          if (changed.affected_rows() > 0) return std::nullopt;
          return error{errc::not_found,
                       std::string{"there is no "} + kind + " " + domain::in_quotes(told.object)};
        }));
  }

  result<std::vector<term_row>> terms_of(int limit, bool running_only) {
    const auto rows = session_.read(sql::terms, parameters{}.add(limit).add(running_only));
    if (!rows) return rows.error();
    std::vector<term_row> terms;
    for (const auto& row : *rows) terms.push_back(term_of(row));
    return terms;
  }

  operator_session session_;
};

}  // namespace

std::unique_ptr<console_store> open_console_store(const options& where) {
  return std::make_unique<console>(where);
}

}  // namespace weir::postgres
