// What a role without rights on the tables may do: enqueue, and nothing else.
#include "tests/sql/fixture.hpp"

namespace weir::test_support {
namespace {

using testing::HasSubstr;

class a_producer_role : public sql_test {
 protected:
  void SetUp() override {
    sql_test::SetUp();
    if (IsSkipped()) return;
    role_ = schema().name() + "_producer";
    exec("drop role if exists " + role_);
    exec("create role " + role_);
    exec("grant usage on schema weir to " + role_);
    exec("grant insert on weir.message_queue to " + role_);
  }
  void TearDown() override {
    if (role_.empty()) return;
    exec("reset role");
    exec("drop owned by " + role_);
    exec("drop role " + role_);
  }
  /// Runs SQL as the role.
  std::string as_producer(const std::string& text) {
    exec("set role " + role_);
    const std::string error = error_of(text);
    exec("reset role");
    return error;
  }

  std::string role_;
};

TEST_F(a_producer_role, EnqueuesInEveryWay) {
  EXPECT_EQ(as_producer("select weir.enqueue('a')"), "");
  EXPECT_EQ(as_producer("select weir.enqueue_many('[{\"name\": \"b\"}]')"), "");
  EXPECT_EQ(as_producer("insert into weir.message_queue(task_name) values ('c')"), "");
  EXPECT_EQ(value("select string_agg(name, ' ' order by id) from weir.task"), "a b c");
  EXPECT_EQ(value("select created_by from weir.task where name = 'a'"), role_)
      << "current_user of the caller";
  EXPECT_EQ(value("select created_by from weir.task where name = 'c'"), value("select session_user::text"));
}

TEST_F(a_producer_role, ReadsAndWritesNothingElse) {
  const char* forbidden[] = {
      "select * from weir.task",
      "insert into weir.task(part_id, name, data) values (1, 'x', '{}')",
      "select * from weir.message_queue",
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
      "select * from weir.cdc_hash",
      "select weir.cdc_write(gen_random_uuid(), 1, 1, '{}', '{}', '{}', '{}', null, null)",
  };
  for (const char* statement : forbidden) {
    EXPECT_THAT(as_producer(statement), HasSubstr("permission denied")) << statement;
  }
}

TEST_F(a_producer_role, CannotUseTheViewsTriggerOnATableOfItsOwn) {
  EXPECT_THAT(
      as_producer(
          "do $$ begin create temporary table mine(task_name text); create trigger t before insert on "
          "mine for each row execute function weir.message_queue_insert(); end $$"),
      HasSubstr("permission denied for function"));
}

TEST_F(a_producer_role, CannotPutItsOwnCodeInTheWay) {
  // Functions that run with the owner's rights look names up in weir's schema and pg_catalog only.
  exec("set role " + role_);
  exec("create temporary table task(id bigint)");
  exec("create function pg_temp.bucket(text, text, bigint, int) returns int language sql as 'select 1/0'");
  EXPECT_EQ(error_of("select weir.enqueue('a')"), "");
  exec("drop function pg_temp.bucket(text, text, bigint, int)");
  exec("drop table task");
  exec("reset role");
  EXPECT_EQ(number("select count(*) from weir.task"), 1);
}

}  // namespace
}  // namespace weir::test_support
