// Makes and drops schemas for tests.
#include "tests/support/postgres_schema.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <random>
#include <stdexcept>

#include "drivers/postgres/migrator.hpp"
#include "drivers/postgres/sql_text.hpp"

namespace weir::test_support {

std::string test_database_url() {
  const char* url = std::getenv("WEIR_TEST_DATABASE_URL");
  return url == nullptr ? "" : url;
}

std::string unique_schema_name() {
  static std::atomic<int> count{0};
  static const unsigned salt = std::random_device{}() & 0xffffU;
  return "weir_test_" + std::to_string(::getpid()) + "_" + std::to_string(++count) + "_" +
         std::to_string(salt);
}

postgres_schema::postgres_schema(bool migrated) : connection_(test_database_url()) {
  where_.url = test_database_url();
  where_.schema = unique_schema_name();
  where_.application_name = where_.schema;
  exec("set client_min_messages = warning");
  if (!migrated) return;
  const auto status = postgres::migrate(where_, {});
  if (!status) throw std::runtime_error("migrate: " + status.error().message);
}

postgres_schema::~postgres_schema() {
  try {
    exec("drop schema if exists \"" + name() + "\" cascade");
  } catch (const std::exception&) {
    // a test left a lock behind: the schema stays, its name is never used again
  }
}

std::string postgres_schema::sql(const std::string& text) const {
  return postgres::sql::with_schema(text, where_.schema);
}

pqxx::result postgres_schema::exec(const std::string& text) {
  pqxx::nontransaction work{connection_};
  return work.exec(sql(text));
}

std::string postgres_schema::value(const std::string& text) {
  const auto rows = exec(text);
  if (rows.empty() || rows[0][0].is_null()) return {};
  return rows[0][0].c_str();
}

void postgres_schema::reset() {
  exec(R"(create or replace function weir.tli() returns int language sql volatile as
$$ select ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int $$;
    delete from weir.task;
    delete from weir.cdc_hash;
    delete from weir.cdc_controller;
    delete from weir.attempt_row;
    delete from weir.success;
    delete from weir.kept;
    delete from weir.kept_attempt;
    delete from weir.open;
    delete from weir.receipt;
    delete from weir.request;
    delete from weir.paused_name;
    delete from weir.schedule;
    delete from weir.former_attempt;
    delete from weir.grantee;
    delete from weir.audit;
    alter table weir.audit alter column audit_id restart;
    delete from weir.route;
    delete from weir.mark;
    delete from weir.assignment;
    delete from weir.ownership;
    delete from weir.block;
    delete from weir.partition;
    delete from weir.stream;
    delete from weir.term;
    delete from weir.beat;
    delete from weir.node;
    update weir.cluster set id_floor = 0, next_part = 1, epoch_floor = 0, timeline = weir.tli(), settings = '{}';
    alter sequence weir.task_id restart;
    do $do$
    begin
      if to_regclass('weir.task_0') is null then
        alter table weir.attempt_row detach partition weir.late_attempt;
        alter table weir.attempt_row attach partition weir.late_attempt for values from (minvalue) to (0);
        perform weir.keep_room();
      end if;
    end
    $do$;
    alter sequence weir.node_id restart;
    alter sequence weir.stream_id restart;
    select weir.create_stream('default', 'parallel', 16, 16, null, 'strict', 'thread', 0, false);)");
}

void postgres_schema::end_sessions() {
  // waits until they are gone, so that the next statement of a store meets a closed connection
  exec("select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name like " +
       connection_.quote(name() + " %"));
}

void postgres_schema::fail_over() {
  const auto next = number("select weir.tli() + 1");
  exec("create or replace function weir.tli() returns int language sql volatile as $$ select " +
       std::to_string(next) + " $$");
}

void postgres_schema::fill_segment() {
  exec("select setval('weir.task_id', (last_value / 10000000 + 1) * 10000000 - 1) from weir.task_id");
  exec("select weir.keep_room()");
}

}  // namespace weir::test_support
