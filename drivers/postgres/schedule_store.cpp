// Schedules: what a leader fires, and what people ask and order of them.
#include <nlohmann/json.hpp>

#include "domain/names.hpp"
#include "domain/task_bounds.hpp"
#include "domain/tick_rule.hpp"
#include "drivers/postgres/acting.hpp"
#include "drivers/postgres/catalog_json.hpp"
#include "drivers/postgres/fields.hpp"
#include "drivers/postgres/stores.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

using nlohmann::json;

const session_kind schedules_kind{"schedules", false, std::chrono::seconds{5}, false, true};

error no_such(const std::string& name) {
  return {errc::not_found, "there is no schedule " + domain::in_quotes(name)};
}

std::string text_or(const json& value, const char* otherwise) {
  return value.is_string() ? value.get<std::string>() : otherwise;
}

std::optional<wall_time> maybe_instant_of(const json& value) {
  if (!value.is_number()) return std::nullopt;
  return wall_time{std::chrono::microseconds{value.get<std::int64_t>()}};
}

schedule_row schedule_of(const json& j) {
  schedule_row row;
  row.id = j.at("id").get<schedule_id>();
  auto& settings = row.settings;
  settings.name = j.at("name").get<std::string>();
  settings.task = j.at("task").get<std::string>();
  if (j.at("key").is_string()) settings.key = j.at("key").get<std::string>();
  settings.data = j.at("data").get<std::string>();
  if (j.at("every_ms").is_number())
    settings.every = std::chrono::milliseconds{j["every_ms"].get<std::int64_t>()};
  settings.cron = text_or(j.at("cron"), "");
  settings.zone = text_or(j.at("zone"), "UTC");
  settings.missed = parse_missed_policy(j.at("missed").get<std::string>()).value_or(missed_policy::once);
  row.since = maybe_instant_of(j.at("since_us")).value_or(wall_time{});
  row.next_at = maybe_instant_of(j.at("next_at_us"));
  row.paused = j.at("paused").get<bool>();
  row.paused_until = maybe_instant_of(j.at("paused_until_us"));
  row.last_at = maybe_instant_of(j.at("last_at_us"));
  if (j.at("last_task").is_number()) row.last_task = j["last_task"].get<task_id>();
  return row;
}

class schedules : public schedule_store {
 public:
  explicit schedules(const options& where) : session_(where, schedules_kind) {}

  result<void> reconnect() override { return session_.open(); }
  void act_as(operator_identity who) override { by_ = std::move(who); }

  result<std::vector<std::string>> declare(node_id me,
                                           const std::vector<schedule_declaration>& wanted) override {
    std::string list;
    for (const auto& one : wanted) {
      if (const auto valid = domain::check_schedule(one); !valid) return valid.error();
      list += (list.empty() ? "" : ",") + json_of(one);
    }
    const auto rows =
        session_.run(sql::declare_schedules, parameters{}.add(me).add("[" + list + "]"), effect::writes);
    if (!rows) return rows.error();
    return texts_of(text((*rows)[0][0]));
  }

  result<due_schedules> due(int limit) override {
    const auto rows = session_.run(sql::schedules_due, parameters{}.add(limit), effect::reads);
    if (!rows) return rows.error();
    const auto row = (*rows)[0];
    due_schedules found;
    found.now = instant(row[0]);
    for (const auto& one : json::parse(text(row[1]))) found.due.push_back(schedule_of(one));
    found.next_in = maybe_ms(row[2]);
    return found;
  }

  result<std::optional<std::vector<task_id>>> fire(node_id me, leader_term term,
                                                   const schedule_firing& what) override {
    array_text ticks;
    for (const wall_time tick : what.ticks) ticks.add(microseconds_of(tick));
    std::optional<std::int64_t> seen;
    if (what.seen_next) seen = microseconds_of(*what.seen_next);
    const auto rows = session_.run(sql::fire_schedule,
                                   parameters{}
                                       .add(me)
                                       .add(term.timeline)
                                       .add(term.term)
                                       .add(what.id)
                                       .add(seen)
                                       .add(ticks)
                                       .add(microseconds_of(what.next)),
                                   effect::writes);
    if (!rows) return rows.error();
    const auto field = (*rows)[0][0];
    if (field.is_null()) return std::optional<std::vector<task_id>>{};
    return std::optional{json::parse(text(field)).get<std::vector<task_id>>()};
  }

  result<std::vector<schedule_row>> list() override {
    parameters all;
    all.add_null();
    return select(all);
  }

  result<schedule_row> find(const std::string& name) override {
    auto rows = select(parameters{}.add(name));
    if (!rows) return rows.error();
    if (rows->empty()) return no_such(name);
    return std::move(rows->front());
  }

  result<void> add(const schedule_declaration& wanted) override {
    if (auto valid = domain::check_schedule(wanted); !valid) return valid;
    return done(act(session_, by_, domain::scheduling(wanted), sql::add_schedule,
                    parameters{}.add(json_of(wanted)),
                    [](const pqxx::result& rows, domain::operator_action&) -> std::optional<error> {
                      const auto differences = texts_of(text(rows[0][0]));
                      if (differences.empty()) return std::nullopt;
                      return error{errc::conflict, differences.front() + "; to change it, remove it first"};
                    }));
  }

  result<void> remove(const std::string& name) override {
    return change_one(domain::unscheduling(name), sql::remove_schedule, parameters{}.add(name));
  }

  result<void> pause(const std::string& name, const std::optional<wall_time>& until) override {
    parameters with;
    with.add(name);
    until ? with.add(microseconds_of(*until)) : with.add_null();
    return change_one(domain::pausing("schedule", name, until), sql::pause_schedule, with);
  }

  result<void> resume(const std::string& name) override {
    return change_one(domain::resuming("schedule", name), sql::resume_schedule, parameters{}.add(name));
  }

  result<task_id> trigger(const std::string& name, const std::string& who) override {
    const auto rows =
        act(session_, by_, domain::triggering(name, std::nullopt), sql::trigger_schedule,
            parameters{}.add(name).add(who),
            [](const pqxx::result& made, domain::operator_action& told) -> std::optional<error> {
              if (made[0][0].is_null()) return no_such(told.object);
              told = domain::triggering(told.object, number<task_id>(made[0][0]));
              return std::nullopt;
            });
    if (!rows) return rows.error();
    return number<task_id>((*rows)[0][0]);
  }

 private:
  static result<void> done(const result<pqxx::result>& rows) {
    if (!rows) return rows.error();
    return {};
  }

  result<void> change_one(const domain::operator_action& what, const sql::statement& order,
                          const parameters& with) {
    return done(act(session_, by_, what, order, with,
                    [](const pqxx::result& changed, domain::operator_action& told) -> std::optional<error> {
                      if (changed.affected_rows() > 0) return std::nullopt;
                      return no_such(told.object);
                    }));
  }

  result<std::vector<schedule_row>> select(const parameters& with) {
    const auto rows = session_.run(sql::schedule_list, with, effect::reads);
    if (!rows) return rows.error();
    std::vector<schedule_row> found;
    for (const auto& row : *rows) found.push_back(schedule_of(json::parse(text(row[0]))));
    return found;
  }

  session session_;
  operator_identity by_;
};

}  // namespace

std::unique_ptr<schedule_store> open_schedule_store(const options& where) {
  return std::make_unique<schedules>(where);
}

}  // namespace weir::postgres
