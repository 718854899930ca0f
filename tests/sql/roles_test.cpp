// What each role may do, and what it must not: tried with real logins.
#include <weir/forbidden.hpp>

#include "drivers/postgres/stores.hpp"
#include "tests/sql/fixture.hpp"
#include "tests/support/database_login.hpp"

namespace weir::test_support {
namespace {

using testing::HasSubstr;

class roles : public sql_test {
 protected:
  /// Every table, view and sequence of the schema but the segments, as "table weir.task" and the like.
  std::vector<std::string> relations(const std::string& kinds) {
    std::vector<std::string> found;
    const auto rows = exec(
        "select c.relname from pg_class c where c.relnamespace = (select relnamespace from pg_class "
        "where oid = 'weir.task'::regclass) and not c.relispartition and c.relkind in (" +
        kinds + ") order by 1");
    for (const auto& row : rows) found.emplace_back(row[0].c_str());
    return found;
  }
};

TEST_F(roles, EveryObjectHasADecision) {
  const std::string home = "(select relnamespace from pg_class where oid = 'weir.task'::regclass)";
  const std::string objects =
      "(select c.relname::text as name from pg_class c where c.relnamespace = " + home +
      " and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and not c.relispartition union "
      "select p.proname from pg_proc p where p.pronamespace = " +
      home + ")";
  EXPECT_EQ(value("select string_agg(o.name, ', ') from " + objects +
                  " o where o.name not in (select object from weir.role_right)"),
            "")
      << "a migration that makes something adds its row to weir.role_right";
  EXPECT_EQ(value("select string_agg(r.object, ', ') from weir.role_right r where r.object not in (select "
                  "name from " +
                  objects + " o)"),
            "")
      << "rights on what is not there";
}

TEST_F(roles, NobodyElseMayRunAnythingButWhatReadsNoTable) {
  database_login nobody{schema(), ""};
  exec("grant usage on schema weir to " + nobody.name());
  const auto allowed =
      "select string_agg(distinct p.proname, ' ' order by p.proname) from pg_proc p where p.pronamespace = "
      "(select relnamespace from pg_class where oid = 'weir.task'::regclass) and has_function_privilege('" +
      nobody.name() + "', p.oid, 'execute')";
  EXPECT_EQ(
      value(allowed),
      value("select string_agg(object, ' ' order by object) from weir.role_right where everyone <> ''"));
  EXPECT_THAT(nobody.error_of("select weir.enqueue('a')"), HasSubstr("permission denied for function"));
  for (const auto& name : relations("'r', 'p', 'v', 'S'"))
    EXPECT_THAT(nobody.error_of("select * from weir." + name), HasSubstr("permission denied")) << name;
}

TEST_F(roles, AFunctionThatAMigrationForgotIsKeptFromEveryone) {
  exec("create function weir.forgotten() returns int language sql as 'select 1'");
  exec("select weir.renew_grants()");
  database_login reader{schema(), "reader"};
  EXPECT_THAT(reader.error_of("select weir.forgotten()"), HasSubstr("permission denied for function"));
  exec("drop function weir.forgotten()");
}

TEST_F(roles, AProducerEnqueuesInEveryWayAndCounts) {
  database_login producer{schema(), "producer"};
  EXPECT_EQ(producer.error_of("select weir.enqueue('a')"), "");
  EXPECT_EQ(producer.error_of("select weir.enqueue_many('[{\"name\": \"b\"}]')"), "");
  EXPECT_EQ(producer.error_of("insert into weir.message_queue(task_name, data) values ('c', '{\"x\": 1}')"),
            "");
  EXPECT_EQ(
      producer.error_of("insert into weir.message_queue(task_name) values ('d') returning message_queue_id"),
      "");
  EXPECT_EQ(value("select string_agg(name, ' ' order by id) from weir.task"), "a b c d");
  EXPECT_EQ(value("select string_agg(distinct created_by, ' ') from weir.task"), producer.name());
  EXPECT_EQ(
      producer.error_of("select count(*) from weir.message_queue where task_name = 'a' and state = 'READY'"),
      "");
}

TEST_F(roles, AProducerReadsNoDataAndChangesNothing) {
  database_login producer{schema(), "producer"};
  for (const auto& name : relations("'r', 'p', 'S'"))
    EXPECT_THAT(producer.error_of("select * from weir." + name), HasSubstr("permission denied")) << name;
  for (const auto& name : relations("'r', 'p', 'v'")) {
    for (const char* change : {"delete from weir.", "truncate weir."})
      EXPECT_NE(producer.error_of(change + name), "") << change << name;
  }
  const char* forbidden[] = {
      "select data from weir.message_queue",
      "select last_attempt_message from weir.message_queue",
      "select * from weir.message_queue",
      "insert into weir.message_queue(task_name) values ('c') returning data",
      "insert into weir.task(part_id, name, data) values (1, 'x', '{}')",
      "update weir.partition set owner = null",
      "select weir.keep_room()",
      "select weir.enqueue_rows('{x}', '{k}', '{\"{}\"}', '{NULL}', '{NULL}', '{NULL}')",
      "select weir.join_node('{}')",
      "select weir.declare_dead(1, null, null, 1, 1)",
      "select weir.acquire(1, 1, true, true)",
      "select weir.change_stream('default', '{}')",
      "select weir.create_stream('{}')",
      "select weir.add_schedule('{}')",
      "select weir.fire_schedule(1, 1, 1, 1, null, '{}', now())",
      "select weir.trigger_schedule('s', 'me')",
      "select weir.cdc_write(gen_random_uuid(), 1, 1, '{}', '{}', '{}', '{}', null, null)",
      "select weir.grant_role('node', current_user)",
      "select weir.give_rights('node', current_user)",
      "create table weir.mine(x int)",
  };
  for (const char* statement : forbidden)
    EXPECT_THAT(producer.error_of(statement), HasSubstr("permission denied")) << statement;
  EXPECT_THAT(producer.error_of("update weir.message_queue set task_name = 'x'"),
              HasSubstr("cannot update view"));
  EXPECT_EQ(number("select count(*) from weir.task"), 0);
}

TEST_F(roles, AProducerCannotUseTheViewsTriggerOnATableOfItsOwn) {
  database_login producer{schema(), "producer"};
  EXPECT_THAT(
      producer.error_of(
          "do $$ begin create temporary table mine(task_name text); create trigger t before insert on "
          "mine for each row execute function weir.message_queue_insert(); end $$"),
      HasSubstr("permission denied for function"));
}

TEST_F(roles, AProducerCannotPutItsOwnCodeInTheWay) {
  // Functions that run with the owner's rights look names up in weir's schema and pg_catalog only.
  database_login producer{schema(), "producer"};
  ASSERT_EQ(producer.error_of("create temporary table task(id bigint)"), "");
  ASSERT_EQ(
      producer.error_of("create function pg_temp.bucket(text, text, bigint, int) returns int language sql "
                        "as 'select 1/0'"),
      "");
  EXPECT_EQ(producer.error_of("select weir.enqueue('a')"), "");
  EXPECT_EQ(number("select count(*) from weir.task"), 1);
}

TEST_F(roles, EveryFunctionWithTheOwnersRightsFixesItsSearchPath) {
  EXPECT_EQ(
      value("select string_agg(p.proname, ', ') from pg_proc p where p.prosecdef and p.pronamespace = "
            "(select relnamespace from pg_class where oid = 'weir.task'::regclass) and not exists (select "
            "from unnest(p.proconfig) c where c like 'search_path=%, pg_temp')"),
      "");
}

TEST_F(roles, AReaderReadsEverythingAndWritesNothing) {
  database_login reader{schema(), "reader"};
  exec("select weir.enqueue('a', data => '{\"x\": 1}')");
  for (const auto& name : relations("'r', 'p', 'v'")) {
    if (name == "receipt") continue;  // ids of messages, for those who send them
    EXPECT_EQ(reader.error_of("select * from weir." + name), "") << name;
  }
  for (const auto& name : relations("'r', 'p', 'v'")) {
    for (const char* change :
         {"insert into weir.%I default values", "delete from weir.%I", "truncate weir.%I"}) {
      const std::string statement = value("select format('" + std::string{change} + "', '" + name + "')");
      EXPECT_NE(reader.error_of(statement), "") << statement;
    }
    EXPECT_EQ(value("select string_agg(p, ' ') from unnest(array['insert', 'update', 'delete', 'truncate', "
                    "'trigger', 'references']) p where has_table_privilege('" +
                    reader.name() + "', 'weir." + name + "', p)"),
              "")
        << name;
  }
  const char* forbidden[] = {
      "select weir.enqueue('a')",
      "select weir.ask_tasks('c', '{1}', null, 'me')",
      "select weir.requeue('{1}', 'me')",
      "select weir.change_stream('default', '{}')",
      "select weir.declare_dead(1, null, null, 1, 1)",
      "select nextval('weir.task_id')",
      "insert into weir.message_queue(task_name) values ('a')",
      "select weir.grant_role('node', current_user)",
  };
  for (const char* statement : forbidden)
    EXPECT_THAT(reader.error_of(statement), HasSubstr("permission denied")) << statement;
  EXPECT_EQ(number("select count(*) from weir.task"), 1);
}

TEST_F(roles, AReadersConsoleShowsAndSaysWhichRoleOrdersNeed) {
  database_login reader{schema(), "reader"};
  exec("select weir.enqueue('a')");
  const auto console = postgres::make_driver(reader.where())->open_console();
  EXPECT_TRUE(console->view().ok());
  const auto page = must(console->tasks({}));
  ASSERT_EQ(page.items.size(), 1U);
  const auto id = page.items[0].id;
  EXPECT_TRUE(console->facts(id).ok());
  EXPECT_TRUE(console->attempts(id).ok());
  EXPECT_TRUE(console->successor(id).ok());
  EXPECT_TRUE(console->errors(10).ok());
  EXPECT_TRUE(console->leaders(10).ok());
  EXPECT_EQ(must(console->unfinished({}, 10)).size(), 1U);
  EXPECT_EQ(must(console->count_unfinished("a", 10)), 1);
  const auto paused = console->pause("default", std::nullopt);
  ASSERT_FALSE(paused.ok());
  EXPECT_EQ(paused.error().code, forbidden);
  EXPECT_EQ(paused.error().message,
            "permission denied for table stream; the login \"" + reader.name() +
                "\" needs the role node, which the schema's owner gives: weir db grant node --to " +
                reader.name());
}

TEST_F(roles, ANodeLeavesWhatHasHappenedAsItWasWritten) {
  database_login node{schema(), "node"};
  exec("select weir.enqueue('a')");
  const char* forbidden[] = {
      "update weir.task set data = '{}'",
      "delete from weir.task",
      "update weir.attempt_row set result = 'd'",
      "delete from weir.attempt_row",
      "update weir.success set took_ms = '{}'",
      "delete from weir.success",
      "update weir.migration set version = 1",
      "delete from weir.ownership",
      "delete from weir.node",
      "truncate weir.open",
      "delete from weir.stream",
      "update weir.role_right set node = ''",
      "insert into weir.grantee(role, grantee) values ('node', 'x')",
      "select weir.grant_role('producer', current_user)",
      "select weir.import_rows(null, '', false, '{}')",
      "select weir.place_message_queue('')",
      "alter table weir.task add column x int",
      "create table weir.mine(x int)",
      "drop schema weir cascade",
  };
  for (const char* statement : forbidden)
    EXPECT_THAT(node.error_of(statement),
                testing::AnyOf(HasSubstr("permission denied"), HasSubstr("must be owner")))
        << statement;
}

TEST_F(roles, ALeaderOfAnotherLoginIsDeclaredDeadToo) {
  database_login one{schema(), "node"};
  database_login other{schema(), "node"};
  const auto lock = postgres::leader_lock(schema().where());
  const auto on_one = postgres::make_driver(one.where());
  const auto membership = on_one->open_membership();
  const auto id = join(*membership, "n1");
  const auto leadership = on_one->open_leadership();
  ASSERT_TRUE(must(leadership->try_lead(id)).has_value());
  const std::string dead = "do $$ begin assert weir.declare_dead(" + std::to_string(id) + ", null, null, " +
                           std::to_string(lock.lock_class) + ", " + std::to_string(lock.lock_object) +
                           "); end $$";
  EXPECT_EQ(other.error_of(dead), "") << "the session stays, the term is over";
  EXPECT_EQ(number("select count(*) from weir.term where ended_at is null"), 0);
}

TEST_F(roles, AreGivenAndTakenBackAndKeptUpToDate) {
  database_login login{schema(), "reader"};
  exec("select weir.grant_role('producer', '" + login.name() + "')");
  exec("select weir.grant_role('producer', '" + login.name() + "')");
  exec("create table weir.later(x int)");
  exec("insert into weir.role_right(object, reader) values ('later', 'select')");
  EXPECT_THAT(login.error_of("select * from weir.later"), HasSubstr("permission denied"));
  exec("select weir.renew_grants()");
  EXPECT_EQ(login.error_of("select * from weir.later"), "");
  exec("drop table weir.later; delete from weir.role_right where object = 'later'");

  exec("select weir.revoke_role('reader', '" + login.name() + "')");
  EXPECT_THAT(login.error_of("select * from weir.task"), HasSubstr("permission denied"));
  EXPECT_EQ(login.error_of("select weir.enqueue('a')"), "") << "its other role stays";
  exec("select weir.revoke_role('producer', '" + login.name() + "')");
  EXPECT_THAT(login.error_of("select weir.enqueue('a')"), HasSubstr("permission denied for schema"));
  EXPECT_THAT(error_of("select weir.revoke_role('producer', '" + login.name() + "')"),
              HasSubstr("does not have the role"));
}

TEST_F(roles, AreRefusedWithTheReason) {
  EXPECT_THAT(error_of("select weir.grant_role('boss', current_user)"),
              HasSubstr("there is no role \"boss\""));
  EXPECT_THAT(error_of("select weir.grant_role('node', 'nobody-there')"),
              HasSubstr("the database server has no role \"nobody-there\""));
}

TEST_F(roles, HoldOnTheViewAtAnotherPlaceToo) {
  const std::string place = schema().name() + "_app";
  exec("create schema " + place);
  database_login before{schema(), "producer"};
  exec("select weir.place_message_queue('" + place + ".message_queue')");
  database_login after{schema(), "producer"};
  const std::string insert = "insert into " + place + ".message_queue(task_name) values ('a')";
  EXPECT_THAT(before.error_of(insert), HasSubstr("permission denied"));
  exec("select weir.renew_grants()");
  for (database_login* producer : {&before, &after}) {
    EXPECT_EQ(producer->error_of(insert), "");
    EXPECT_EQ(producer->error_of("select count(*) from " + place + ".message_queue where task_name = 'a'"),
              "");
    EXPECT_THAT(producer->error_of("select data from " + place + ".message_queue"),
                HasSubstr("permission denied"));
  }
  exec("drop schema " + place + " cascade");
}

}  // namespace
}  // namespace weir::test_support
