// Compares what is applied with what is embedded, and applies the rest.
#include "drivers/postgres/migrator.hpp"

#include <utility>

#include <weir/assert.hpp>
#include <weir/forbidden.hpp>

#include "domain/task_bounds.hpp"
#include "drivers/postgres/acting.hpp"
#include "drivers/postgres/fields.hpp"
#include "drivers/postgres/stores.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

// Migrations may take long; the lock is a session's.
const session_kind migration_kind{"migrate", true, std::chrono::milliseconds{0}, false, false, false, true};

parameters lock_parameters(const session& on) {
  const advisory_lock lock = migration_lock(on.where());
  return parameters{}.add(lock.lock_class).add(lock.lock_object);
}

error changed(const std::string& schema, const std::string& name) {
  return {errc::schema_mismatch,
          "migration " + name + " was changed after it had been applied to schema \"" + schema +
              "\": its checksum differs; use the program it was applied by, or one made later"};
}

result<schema_status> read_status(session& on) {
  schema_status status;
  status.wanted = sql::migration_count;
  const auto present = on.run(sql::has_migrations, {}, effect::reads);
  if (!present) return present.error();
  if (flag((*present)[0][0])) {
    const auto rows = on.run(sql::applied_migrations, {}, effect::reads);
    if (!rows) return rows.error();
    for (const auto& row : *rows) {
      const int version = number<int>(row[0]);
      status.current = version;
      if (version > sql::migration_count) continue;
      const sql::migration& ours = sql::migrations[version - 1];
      if (text(row[2]) != ours.checksum) return changed(on.where().schema, text(row[1]));
    }
  }
  if (!status.missing()) {
    const auto oldest = on.run(sql::oldest_program, {}, effect::reads);
    if (!oldest) return oldest.error();
    status.oldest_program = number<int>((*oldest)[0][0]);
  }
  for (int i = status.current; i < sql::migration_count; ++i)
    status.pending.emplace_back(sql::migrations[i].name);
  return status;
}

result<void> check_database(session& on) {
  const auto encoding = on.run(sql::server_encoding, {}, effect::reads);
  if (!encoding) return encoding.error();
  const std::string name = text((*encoding)[0][0]);
  if (name != "UTF8") {
    return error{errc::invalid,
                 "the database has encoding " + name + ", weir needs UTF8; create it with encoding 'UTF8'"};
  }
  return {};
}

result<void> check_owner(session& on) {
  const auto rows = on.run(sql::schema_owner, {}, effect::reads);
  if (!rows) return rows.error();
  if (rows->empty() || flag((*rows)[0][1])) return {};
  return error{forbidden, "migrating needs the owner of the schema " + domain::in_quotes(on.where().schema) +
                              ", which is " + domain::in_quotes(text((*rows)[0][0])) + "; the login is " +
                              domain::in_quotes(text((*rows)[0][2]))};
}

/// A lock of the session: its end frees it in any case. Waiting for another migrator is what it is for, so
/// the lock time-out of a second is waited out again and again.
result<void> lock(session& on) {
  for (int tries = 0;; ++tries) {
    const auto locked = on.run(sql::migration_lock, lock_parameters(on), effect::writes);
    if (locked) return {};
    if (locked.error().code != errc::timeout) return locked.error();
    if (tries == 60)
      return error{errc::timeout, "another migration has been running for a minute; try again later"};
  }
}

}  // namespace

result<schema_status> schema_status_of(const options& where) {
  session on{where, migration_kind};
  return read_status(on);
}

result<std::vector<std::pair<std::string, std::string>>> plan_of(const options& where) {
  const auto status = schema_status_of(where);
  if (!status) return status.error();
  std::vector<std::pair<std::string, std::string>> pending;
  for (int i = status->current; i < sql::migration_count; ++i)
    pending.emplace_back(sql::migrations[i].name, sql::with_schema(sql::migrations[i].text, where.schema));
  return pending;
}

result<schema_status> migrate(const options& where, const std::function<void(const std::string&)>& progress,
                              const operator_identity& who) {
  options as_owner = where;
  as_owner.needs = needed_rights::owner;
  session on{as_owner, migration_kind};
  if (const auto usable = check_database(on); !usable) return usable.error();
  if (const auto owns = check_owner(on); !owns) return owns.error();
  const auto locked = lock(on);
  if (!locked) return locked.error();
  auto status = read_status(on);
  if (!status) return status;
  if (!status->older() && !status->fits())
    return schema_version_error(where.schema, status->current, status->wanted);
  const int from = status->current;
  const auto applied_now = status->pending;
  while (status->older()) {
    const sql::migration& next = sql::migrations[status->current];
    const auto applied = on.run_script(sql::with_schema(next.text, where.schema), sql::record_migration,
                                       parameters{}.add(next.version).add(next.name).add(next.checksum));
    if (!applied) {
      return error{applied.error().code,
                   std::string{"migration "} + next.name + ": " + applied.error().message};
    }
    if (progress) progress(std::string{"applied "} + next.name);
    status->current = next.version;
    status->pending.erase(status->pending.begin());
  }
  if (status->current > from) {
    const auto noted = note(on, who, domain::migrating(from, status->current, applied_now));
    if (!noted) return noted.error();
  }
  return status;
}

result<adoption> adopt(const options& where, const operator_identity& who) {
  options as_owner = where;
  as_owner.needs = needed_rights::owner;
  session on{as_owner, migration_kind};
  if (const auto owns = check_owner(on); !owns) return owns.error();
  if (const auto locked = lock(on); !locked) return locked.error();
  const auto status = read_status(on);
  if (!status) return status.error();
  if (status->missing()) return schema_missing_error(where.schema);
  if (status->current != status->wanted)
    return schema_version_error(where.schema, status->current, status->wanted);
  const auto rows = act(on, who, domain::adopting(), sql::adopt, {});
  if (!rows) return rows.error();
  const auto row = (*rows)[0];
  return adoption{number(row[0]), number(row[1]), number(row[2]), flag(row[3])};
}

result<void> drop_schema(const options& where) {
  WEIR_ASSERT(where.schema.rfind("weir_bench_", 0) == 0);
  session on{where, migration_kind};
  const auto dropped = on.run(sql::drop_schema, {}, effect::writes);
  if (!dropped) return dropped.error();
  return {};
}

}  // namespace weir::postgres
