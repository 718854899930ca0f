// The driver's text work, without a database: array literals, the schema's name, connection strings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pqxx/pqxx>

#include "drivers/postgres/connection_text.hpp"
#include "drivers/postgres/parameters.hpp"
#include "drivers/postgres/pg_errors.hpp"
#include "drivers/postgres/sql_text.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(array_literals, QuoteEveryTextAndKnowNulls) {
  array_text array;
  EXPECT_EQ(array.take(), "{}");
  array.add(std::int64_t{-7}).add(std::uint64_t{18446744073709551615U}).add(true).add(false).add_null();
  EXPECT_EQ(array.take(), "{-7,18446744073709551615,t,f,NULL}");
  array.add("").add("NULL").add("a,b").add("{}").add(R"(qu"ote)").add(R"(back\slash)").add("line\nbreak");
  array.add(std::optional<std::string>{}).add(std::optional<std::string>{"x"});
  EXPECT_EQ(array.take(),
            "{\"\",\"NULL\",\"a,b\",\"{}\",\"qu\\\"ote\",\"back\\\\slash\",\"line\nbreak\",NULL,\"x\"}");
  EXPECT_FALSE(array.has_nul());
  array.add(std::string_view{"a\0b", 3});
  EXPECT_TRUE(array.has_nul());
}

TEST(the_schemas_name, IsReplacedWhereItNamesTheSchemaOnly) {
  struct {
    const char* text;
    const char* replaced;
  } const cases[] = {
      {"select * from weir.task", "select * from \"x\".task"},
      {"create schema if not exists weir;", "create schema if not exists \"x\";"},
      {"drop schema if exists weir cascade", "drop schema if exists \"x\" cascade"},
      {"comment on schema weir is 'weir: tasks of weir'", "comment on schema \"x\" is 'weir: tasks of weir'"},
      {"set search_path = weir, pg_temp", "set search_path = \"x\", pg_temp"},
      {"nextval('weir.task_id')", "nextval('\"x\".task_id')"},
      {"format('create table weir.%I')", "format('create table \"x\".%I')"},
      {"run: weir db migrate, or ask weir.", "run: weir db migrate, or ask weir."},
      {"my_weir.task, weird.task, \"weir\".task", "my_weir.task, weird.task, \"weir\".task"},
      {"", ""},
      {"weir", "weir"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(sql::with_schema(one.text, "x"), one.replaced);
    EXPECT_EQ(sql::with_schema(one.text, "weir"), one.text);
  }
}

TEST(the_schemas_name, IsReplacedInEveryEmbeddedText) {
  for (int i = 0; i < sql::migration_count; ++i) {
    EXPECT_THAT(sql::with_schema(sql::migrations[i].text, "x"), Not(HasSubstr(" weir.t")))
        << sql::migrations[i].name;
  }
  EXPECT_THAT(sql::with_schema(sql::finish.text, "x"), Not(HasSubstr("weir.")));
}

TEST(connection_texts, AddTimeOutsAndKeepWhatWasGiven) {
  options where;
  where.url = "postgres://me:it's@db:5433/app?connect_timeout=9&keepalives=0";
  where.application_name = "weir n1";
  const session_kind kind{"beat", true, std::chrono::seconds{2}, false, true};
  const auto text = connection_text(where, kind).value();
  for (const char* part :
       {"connect_timeout='9'", "keepalives='0'", "keepalives_idle='1'", "tcp_user_timeout='3000'",
        "target_session_attrs='read-write'", "application_name='weir n1 beat'", "port='5433'",
        "password='it\\'s'", "-c statement_timeout=2000"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, Not(HasSubstr("enable_seqscan")));
}

TEST(connection_texts, UseTheDirectUrlForSessionStateAndSendNoneToAPooler) {
  options where;
  where.url = "postgres://pooler/app";
  where.direct_url = "postgres://direct/app";
  const session_kind beat{"beat", true, std::chrono::seconds{2}, false, true};
  const session_kind tasks{"tasks", false, std::chrono::seconds{30}, true, true};
  EXPECT_THAT(connection_text(where, beat).value(), HasSubstr("host='direct'"));
  EXPECT_THAT(connection_text(where, beat).value(), HasSubstr("options="));
  EXPECT_THAT(connection_text(where, tasks).value(), HasSubstr("host='pooler'"));
  EXPECT_THAT(connection_text(where, tasks).value(), Not(HasSubstr("options=")));
  EXPECT_THAT(connection_text(where, tasks).value(), Not(HasSubstr("target_session_attrs")));
  EXPECT_TRUE(must_check_writable(where, tasks));
  EXPECT_FALSE(must_check_writable(where, beat));
  where.url += "?target_session_attrs=any";
  EXPECT_FALSE(must_check_writable(where, tasks)) << "the user has chosen";
  where.direct_url = where.url;
  EXPECT_THAT(connection_text(where, tasks).value(), HasSubstr("enable_seqscan=off"));
}

TEST(connection_texts, BeginWithAnotherServerOfTheUrl) {
  options where;
  where.url = "postgres://a:1,b:2,c:3/app";
  const session_kind kind{"beat", true, std::chrono::seconds{2}, false, true};
  EXPECT_EQ(servers_of(where, kind), 3);
  EXPECT_THAT(connection_text(where, kind).value(),
              AllOf(HasSubstr("host='a,b,c'"), HasSubstr("port='1,2,3'")));
  EXPECT_THAT(connection_text(where, kind, 2).value(),
              AllOf(HasSubstr("host='c,a,b'"), HasSubstr("port='3,1,2'")));
  where.url = "host=a,b port=5 dbname=app";
  EXPECT_THAT(connection_text(where, kind, 1).value(), AllOf(HasSubstr("host='b,a'"), HasSubstr("port='5'")));
  where.url = "postgres://a/app";
  EXPECT_EQ(servers_of(where, kind), 1);
}

translated told(const std::exception_ptr& thrown, effect how, bool open = true) {
  return translate(thrown, how, open, true);
}
std::exception_ptr state(const char* sqlstate, const char* text = "ERROR:  it is so\nDETAIL:  private\n") {
  return std::make_exception_ptr(pqxx::sql_error(text, "select 'private'", sqlstate));
}

TEST(errors, HaveTheCodeOfTheirSqlstate) {
  const std::pair<const char*, errc> cases[] = {
      {"WE001", errc::refused},        {"WE002", errc::conflict},
      {"WE003", errc::not_found},      {"25006", errc::read_only},
      {"53100", errc::read_only},      {"53200", errc::overloaded},
      {"55P03", errc::timeout},        {"57014", errc::timeout},
      {"40001", errc::timeout},        {"42P01", errc::schema_missing},
      {"3F000", errc::schema_missing}, {"42883", errc::schema_mismatch},
      {"22023", errc::invalid},        {"22P02", errc::invalid},
      {"23514", errc::invalid},        {"23505", errc::conflict},
      {"54000", errc::invalid},        {"42501", forbidden},
      {"XX000", errc::internal},       {"", errc::internal},
      {"55000", errc::read_only},
  };
  for (const auto& [sqlstate, code] : cases) {
    EXPECT_EQ(told(state(sqlstate), effect::writes).what.code, code) << sqlstate;
    EXPECT_FALSE(told(state(sqlstate), effect::writes).session_over) << sqlstate;
  }
  EXPECT_EQ(told(std::make_exception_ptr(pqxx::transaction_rollback("x")), effect::writes).what.code,
            errc::timeout)
      << "which deadlocks and serialization failures are";
  EXPECT_EQ(told(std::make_exception_ptr(pqxx::insufficient_privilege("x")), effect::writes).what.code,
            forbidden)
      << "libpqxx leaves the SQLSTATE out";
  EXPECT_EQ(told(std::make_exception_ptr(std::runtime_error("x")), effect::writes).what.code, errc::internal);
}

TEST(errors, OfALostSessionAreInDoubtForWritesOnly) {
  const std::exception_ptr losses[] = {state("57P01"),
                                       state("57P02"),
                                       state("08006"),
                                       state(""),
                                       std::make_exception_ptr(pqxx::broken_connection("x")),
                                       std::make_exception_ptr(std::runtime_error("x"))};
  for (const auto& loss : losses) {
    EXPECT_EQ(told(loss, effect::writes, false).what.code, errc::in_doubt);
    EXPECT_EQ(told(loss, effect::reads, false).what.code, errc::unavailable);
    EXPECT_TRUE(told(loss, effect::reads, false).session_over);
    EXPECT_EQ(translate(loss, effect::writes, false, false).what.code, errc::unavailable) << "never sent";
  }
}

TEST(errors, SayWhatAndTheFixButNoData) {
  const auto message =
      told(state("22023", "ERROR:  no such thing\nDETAIL:  private\nHINT:  try this\nCONTEXT:  more\n"),
           effect::writes)
          .what.message;
  EXPECT_EQ(message, "no such thing; try this");
  EXPECT_THAT(told(state("42P01"), effect::reads).what.message, HasSubstr("weir db migrate"));
}

TEST(schema_names, ArePlain) {
  for (const char* good : {"weir", "_", "a1_b", "select"}) EXPECT_TRUE(valid_schema(good)) << good;
  EXPECT_TRUE(valid_schema(std::string(63, 'a')));
  for (const char* bad : {"", "1a", "A", "a-b", "a b", "a.b", "a\"b", "\xc3\xa4"})
    EXPECT_FALSE(valid_schema(bad)) << bad;
  EXPECT_FALSE(valid_schema(std::string(64, 'a')));
}

}  // namespace
}  // namespace weir::postgres
