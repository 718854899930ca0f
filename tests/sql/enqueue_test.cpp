// weir.enqueue: one task by SQL.
#include <regex>

#include "drivers/postgres/pqxx_versions.hpp"
#include "tests/sql/fixture.hpp"

namespace weir::test_support {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class enqueue : public sql_test {};

TEST_F(enqueue, GivesGrowingIdsAndKeepsWhatItWasGiven) {
  const auto first = number("select weir.enqueue('mail')");
  const auto second = number("select weir.enqueue('mail', '42', '{\"to\": \"x@y\"}', null, now(), 'shop')");
  EXPECT_LT(first, second);
  const auto row =
      exec("select name, key, data::text, created_by, do_after, epoch from weir.task where id = " +
           std::to_string(second))[0];
  EXPECT_STREQ(row[0].c_str(), "mail");
  EXPECT_STREQ(row[1].c_str(), "42");
  EXPECT_STREQ(row[2].c_str(), R"({"to": "x@y"})");
  EXPECT_STREQ(row[3].c_str(), "shop");
  EXPECT_TRUE(row[4].is_null()) << "due now is due";
  EXPECT_TRUE(row[5].is_null()) << "a poll must find it";
  EXPECT_EQ(value("select data::text from weir.task where id = " + std::to_string(first)), "{}");
  EXPECT_EQ(value("select created_by from weir.task where id = " + std::to_string(first)),
            value("select current_user"));
}

TEST_F(enqueue, RefusesWhatIsOverABound) {
  struct {
    const char* call;
    const char* message;
  } const cases[] = {
      {"weir.enqueue('')", "the task name is missing"},
      {"weir.enqueue(null)", "the task name is missing"},
      {"weir.enqueue(repeat('x', 65))", "longer than 64 characters"},
      {"weir.enqueue(E'a\\nb')", "control character"},
      {"weir.enqueue(U&'a\\0085b')", "control character"},
      {"weir.enqueue('a', repeat('k', 513))", "longer than 512 bytes"},
      {"weir.enqueue('a', repeat(U&'\\20AC', 171))", "longer than 512 bytes"},
      {"weir.enqueue('a', null, to_jsonb(repeat('x', 1048576)))", "longer than 1 MiB"},
      {"weir.enqueue('a', stream => 'nowhere')", "there is no stream \"nowhere\""},
      {"weir.enqueue('a', stream => '')", "there is no stream \"\""},
  };
  for (const auto& one : cases) {
    EXPECT_THAT(error_of(std::string{"select "} + one.call),
                AllOf(HasSubstr(one.message), HasSubstr("HINT:")))
        << one.call;
  }
  EXPECT_EQ(number("select count(*) from weir.task"), 0);
}

TEST_F(enqueue, RefusesToWaitForEver) {
  // one such row would stop the reading of its partition
  for (const char* at : {"infinity", "9999-01-01Z", "200000-01-01Z"}) {
    EXPECT_THAT(error_of(std::string{"select weir.enqueue('a', do_after => '"} + at + "')"),
                HasSubstr("do_after_is_before_the_year_9999"));
  }
  EXPECT_EQ(error_of("select weir.enqueue('a', do_after => '9998-12-31Z')"), "");
  EXPECT_EQ(error_of("select weir.enqueue('a', do_after => '-infinity')"), "");
}

TEST_F(enqueue, AcceptsWhatIsJustWithinABound) {
  exec("select weir.enqueue(repeat(U&'\\20AC', 64))");
  exec("select weir.enqueue('a', repeat('k', 512))");
  exec("select weir.enqueue('a', null, to_jsonb(repeat('x', 1048574)))");
  EXPECT_EQ(number("select count(*) from weir.task"), 3);
}

TEST_F(enqueue, AnEmptyKeyAndNullDataAreNone) {
  exec("select weir.enqueue('a', '', null)");
  EXPECT_EQ(value("select coalesce(key, 'none') || data::text from weir.task"), "none{}");
}

TEST_F(enqueue, KeepsATimeToComeAndForgetsOneThatIsPast) {
  exec(
      "select weir.enqueue('a', do_after => now() + interval '1 hour'), "
      "weir.enqueue('b', do_after => now() - interval '1 hour'), weir.enqueue('c', do_after => null)");
  EXPECT_EQ(value("select string_agg(name, ' ') from weir.task where do_after > now()"), "a");
  EXPECT_EQ(value("select string_agg(name, ' ' order by name) from weir.task where do_after is null"), "b c");
}

TEST_F(enqueue, GoesByStreamThenRouteThenDefault) {
  exec(
      "select weir.create_stream('one', 'single', 1, 1, null, 'strict', 'process', 0, false), "
      "weir.create_stream('many', 'parallel', 4, 1, null, 'strict', 'thread', 0, false)");
  exec("insert into weir.route values ('routed', 3)");
  exec("select weir.enqueue('routed'), weir.enqueue('routed', stream => 'one'), weir.enqueue('other')");
  const auto streams = [&](const char* name) {
    return value(
        "select string_agg(s.name, ' ' order by t.id) from weir.task t join weir.partition p using (part_id) "
        "join weir.stream s using (stream_id) where t.name = '" +
        std::string{name} + "'");
  };
  EXPECT_EQ(streams("routed"), "many one");
  EXPECT_EQ(streams("other"), "default");
}

TEST_F(enqueue, KeepsAKeyInOnePartitionAndSpreadsTheRest) {
  exec("select weir.enqueue('a', 'k') from generate_series(1, 20)");
  EXPECT_EQ(number("select count(distinct part_id) from weir.task"), 1);
  exec("select weir.enqueue('a') from generate_series(1, 32)");
  EXPECT_EQ(number("select count(distinct part_id) from weir.task where key is null"), 16);
  exec("select weir.enqueue('a', 'key' || n) from generate_series(1, 400) n");
  EXPECT_EQ(number("select count(distinct part_id) from weir.task where key like 'key%'"), 16);
}

TEST_F(enqueue, StoresHostileTextAsText) {
  const std::string hostile = R"('; drop table weir.task; -- " \ $1 %s {"a",NULL} <script>)";
  pqxx::connection own{test_database_url()};
  pqxx::nontransaction work{own};
  postgres::exec(work, schema().sql("select weir.enqueue($1, $2, to_jsonb($2::text), null, now(), $2)"),
                 postgres::parameters{}.add(hostile.substr(0, 64)).add(hostile));
  const auto row = exec("select name, key, data #>> '{}', created_by from weir.task")[0];
  EXPECT_EQ(row[0].c_str(), hostile.substr(0, 64));
  for (int column = 1; column < 4; ++column) EXPECT_EQ(row[column].c_str(), hostile);
}

TEST_F(enqueue, BelongsToTheCallersTransaction) {
  pqxx::connection own{test_database_url()};
  {
    pqxx::work work{own};
    work.exec(schema().sql("select weir.enqueue('rolled back')"));
  }
  pqxx::work work{own};
  work.exec(schema().sql("select weir.enqueue('kept')"));
  EXPECT_EQ(number("select count(*) from weir.task"), 0);
  work.commit();
  EXPECT_EQ(value("select string_agg(name, ' ') from weir.task"), "kept");
}

// A snapshot from before a change of partitions would put the task where nobody looks.
TEST_F(enqueue, FailsInAnOldSnapshotAfterAChangeOfPartitions) {
  pqxx::connection own{test_database_url()};
  pqxx::work old{own};
  old.exec("set transaction isolation level repeatable read");
  old.exec(schema().sql("select count(*) from weir.stream"));
  stream_change change;
  change.partitions = 4;
  must(driver().open_console()->change_stream("default", change));
  EXPECT_THROW(old.exec(schema().sql("select weir.enqueue('a')")), pqxx::serialization_failure);
}

TEST_F(enqueue, AChangeOfPartitionsWaitsForWhoeverIsEnqueueing) {
  pqxx::connection own{test_database_url()};
  pqxx::work slow{own};
  slow.exec(schema().sql("select weir.enqueue('a')"));
  stream_change change;
  change.partitions = 4;
  const auto console = driver().open_console();
  EXPECT_EQ(code_of(console->change_stream("default", change)), errc::timeout);
  slow.commit();
  EXPECT_EQ(code_of(console->change_stream("default", change)), errc::refused)
      << "now it has an unfinished task";
}

}  // namespace
}  // namespace weir::test_support
