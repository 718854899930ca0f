// weir's own tables: their version, room for new tasks, and what keeps them from being looked after.
#include <algorithm>

#include "app/cli/doctor/evidence.hpp"
#include "app/cli/doctor/mending.hpp"
#include "app/cli/figures.hpp"

namespace weir::app {

namespace {

/// A segment has ten million ids: with less than this left, an insert may soon find none.
constexpr std::int64_t ids_low = 10'000'000;
/// More dead rows than this, and twenty times the live ones: every beat and mark reads over them.
constexpr std::int64_t dead_many = 100'000;
constexpr std::int64_t dead_factor = 20;

void judge_tables(const evidence& seen, const postgres::schema_facts& facts, std::vector<finding>& out) {
  const auto& at = *seen.database;
  const std::string schema = sql_name(seen.config.database.schema);
  for (const auto& table : facts.tables) {
    const std::string name = schema + "." + sql_name(table.name);
    if (table.autovacuum_off) {
      out.push_back({"table_autovacuum_off", "autovacuum leaves this table out: it grows without end",
                     "table " + name, psql(at, {mend::watch_table(name)}, true)});
    }
    if (table.dead > dead_many && table.dead > dead_factor * table.live) {
      out.push_back({"dead_rows",
                     grouped(table.dead) + " dead rows beside " + grouped(table.live) +
                         " live ones: statements of weir read over them",
                     "table " + name, psql(at, {"vacuum " + name}, true)});
    }
  }
}

}  // namespace

void judge_schema(const evidence& seen, std::vector<finding>& out) {
  if (!seen.database || seen.database->direct.shared) return;
  const auto& at = *seen.database;
  const std::string schema = seen.config.database.schema;
  if (seen.schema_trouble) {
    const std::string& told = seen.schema_trouble->message;
    const bool missing = seen.schema_trouble->code == errc::schema_missing;
    const bool migrates = told.find("weir db migrate") != std::string::npos;
    if (const auto grant = told.find("weir db grant"); grant != std::string::npos) {
      out.push_back({"login_without_role", told, "login " + at.login + " of " + place_of(at),
                     "as the schema's owner: " + told.substr(grant)});
    } else {
      out.push_back({missing ? "schema_missing" : "schema_mismatch", told,
                     "schema " + schema + " of " + place_of(at),
                     migrates ? "weir db migrate" + seen.same_configuration
                              : "use the program that made the schema, or a newer one"});
    }
  }
  if (!at.schema) return;
  const auto& facts = *at.schema;
  for (const auto& one : facts.holders) {
    out.push_back({"table_locked",
                   "table " + one.table + " has been held against writers for " + age_text(one.seconds) +
                       ": nodes miss their beats, and tasks cannot be enqueued",
                   "session " + std::to_string(one.pid) + ", login " + one.login +
                       (one.program.empty() ? "" : " (" + one.program + ")"),
                   psql(at, {mend::end_session(one.pid)})});
  }
  judge_tables(seen, facts, out);
  for (const auto& index : facts.invalid_indexes) {
    const std::string name = sql_name(schema) + "." + sql_name(index);
    out.push_back({"invalid_index",
                   "the index was not finished: nothing uses it, and every write pays for it",
                   "index " + name, psql(at, {mend::drop_index(name)}, true)});
  }
  if (facts.ids_left && *facts.ids_left < ids_low) {
    out.push_back({"segments_low",
                   "there is room for " + grouped(std::max<std::int64_t>(0, *facts.ids_left)) +
                       " more tasks; the leader makes room, and has not",
                   "schema " + schema, psql(at, {mend::make_room(schema)}, true)});
  }
  if (facts.missing_queue_view && !seen.schema_trouble) {
    out.push_back({"message_queue_missing",
                   "the configuration wants the view " + *facts.missing_queue_view +
                       " for producers of episub/queue, and it is not there",
                   "database.message_queue", "weir db migrate" + seen.same_configuration});
  }
}

}  // namespace weir::app
