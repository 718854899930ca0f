// The schema as it stands after all migrations: the golden dump, comments, who may do what.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

#include "tests/sql/fixture.hpp"

namespace weir::test_support {
namespace {

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  char buffer[4096];
  for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, n);
  ::pclose(pipe);
  return out;
}

/// A dump without what differs from one server or run to the next, the schema called weir.
std::string normalised(const std::string& dump, const std::string& schema) {
  std::string out;
  std::istringstream lines{dump};
  bool blank = true;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("--", 0) == 0 || line.rfind("SET ", 0) == 0 || line.rfind("\\", 0) == 0) continue;
    if (line.rfind("SELECT pg_catalog.set_config", 0) == 0) continue;
    if (line.empty() && blank) continue;
    blank = line.empty();
    out += line + "\n";
  }
  out = std::regex_replace(out, std::regex("\"" + schema + "\""), "weir");
  return std::regex_replace(out, std::regex(schema), "weir");
}

class the_schema : public sql_test {};

TEST_F(the_schema, IsTheGoldenOne) {
  if (output_of("pg_dump --version").find(" 15.") == std::string::npos)
    GTEST_SKIP() << "dumps differ by version";
  const postgres_schema fresh;
  const std::string found = normalised(output_of("pg_dump -s --no-owner --no-privileges -n " + fresh.name() +
                                                 " '" + test_database_url() + "'"),
                                       fresh.name());
  const std::string path = std::string{WEIR_SOURCE_DIR} + "/sql/schema.sql";
  const std::string head =
      "-- The schema after all migrations, as pg_dump 15 prints it: read it to see where things stand.\n"
      "-- Not applied anywhere; a test compares it. After a new migration:\n"
      "--   UPDATE_GOLDEN=1 ./dev test sql_schema\n\n";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream{path} << head << found;
  std::ifstream file{path};
  std::ostringstream golden;
  golden << file.rdbuf();
  EXPECT_TRUE(golden.str() == head + found) << "sql/schema.sql differs from what the migrations make; "
                                               "UPDATE_GOLDEN=1 writes it anew";
}

TEST_F(the_schema, HasACommentOnEveryTableColumnAndFunction) {
  EXPECT_EQ(value(R"(
    select string_agg(c.relname || coalesce('.' || a.attname, ''), ', ')
    from pg_class c
    left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p')
    left join pg_description table_text on table_text.objoid = c.oid and table_text.objsubid = 0
    left join pg_description d on d.objoid = c.oid and d.objsubid = a.attnum
    where c.relnamespace = (select relnamespace from pg_class where oid = 'weir.task'::regclass)
      and c.relkind in ('r', 'p', 'v')
      and not c.relispartition
      and (table_text.description is null or (a.attname is not null and d.description is null)))"),
            "");
  EXPECT_EQ(value(R"(
    select string_agg(p.proname, ', ')
    from pg_proc p
    where p.pronamespace = (select relnamespace from pg_class where oid = 'weir.task'::regclass)
      and obj_description(p.oid, 'pg_proc') is null)"),
            "");
}

TEST_F(the_schema, ForbidsImpossibleRows) {
  const char* impossible[] = {
      "insert into weir.cluster(system_identifier, one) values (1, false)",
      "insert into weir.stream(name, mode, partitions, first_part, concurrency, isolation) "
      "values ('s', 'single', 2, 900, 1, 'thread')",
      "insert into weir.stream(name, mode, partitions, first_part, concurrency, isolation) "
      "values (repeat('x', 65), 'single', 1, 900, 1, 'thread')",
      "insert into weir.task(part_id, name, data) values (1, '', '{}')",
      "insert into weir.task(part_id, name, key, data) values (1, 'n', '', '{}')",
      "insert into weir.task(part_id, name, key, data) values (1, 'n', repeat('k', 513), '{}')",
      "insert into weir.attempt_row(task_id, started_at, epoch, took_ms, part_id, no, result) "
      "values (1, now(), 1, 0, 1, 1, 'q')",
      "insert into weir.attempt_row(task_id, started_at, epoch, took_ms, part_id, no, result) "
      "values (1, now(), 1, 0, 1, 0, 'd')",
      "update weir.partition set freed_by_crash = true, owner = 1",
      "update weir.mark set at_id = 7",
      "insert into weir.open(task_id, epoch, due, part_id, state, name) values (1, 1, now(), 1, 'x', 'n')",
  };
  for (const char* row : impossible)
    EXPECT_THAT(error_of(row), testing::HasSubstr("violates check constraint")) << row;
}

TEST_F(the_schema, AllowsOneLiveIncarnationOfANameAndOneRunningTerm) {
  const auto membership = driver().open_membership();
  const auto id = join(*membership, "n1");
  EXPECT_THAT(
      error_of("insert into weir.node(name, machine, version, address, http, labels, weight, actions, "
               "cluster_settings) values ('n1', '', '', '', '', '{}', 1, '{}', '{}')"),
      testing::HasSubstr("node_newest"));
  EXPECT_THAT(error_of("update weir.node set newest = false"), testing::HasSubstr("alive_means_newest"));
  const std::string term = "insert into weir.term(timeline, term, node_id, backend_pid) values (1, ";
  exec(term + "1, " + std::to_string(id) + ", 1)");
  EXPECT_THAT(error_of(term + "2, " + std::to_string(id) + ", 1)"), testing::HasSubstr("term_running"));
}

TEST_F(the_schema, KeepsRoomTwoSegmentsAhead) {
  EXPECT_EQ(number("select weir.keep_room()"), 0);
  exec("select setval('weir.task_id', 29999998)");
  EXPECT_EQ(number("select weir.keep_room()"), 2);
  EXPECT_EQ(number("select weir.keep_room()"), 0);
  exec("select weir.enqueue('t') from generate_series(1, 4)");
  EXPECT_EQ(number("select count(*) from weir.task_2"), 1) << "29999999";
  EXPECT_EQ(number("select count(*) from weir.task_3"), 3);
  exec(
      "insert into weir.attempt_row(task_id, started_at, epoch, took_ms, part_id, no, result) "
      "values (30000001, now(), 1, 0, 1, 1, 'd')");
  EXPECT_EQ(number("select count(*) from weir.attempt_3"), 1);
}

TEST_F(the_schema, BucketsAreTheSameEverywhere) {
  // sha256 by another program: the first four bytes of sha256(name, 0x01, key), without the sign, modulo slots
  EXPECT_EQ(number("select weir.bucket('mail', '42', 7, 16)"), 2);
  EXPECT_EQ(number("select weir.bucket('mail', 'Grüße', 7, 1000)"), 92);
  EXPECT_EQ(number("select weir.bucket('mail', null, 37, 16)"), 5);
  EXPECT_EQ(number("select weir.bucket('x', 'y', 1, 1)"), 0);
}

}  // namespace
}  // namespace weir::test_support
