// Sessions: their settings, their loss, what their errors say, and work through a pooler.
#include <algorithm>
#include <future>

#include "drivers/postgres/newest_server.hpp"
#include "drivers/postgres/session.hpp"
#include "drivers/postgres/stores.hpp"
#include "tests/sql/fixture.hpp"

namespace weir::test_support {
namespace {

using postgres::effect;
using postgres::session;
using postgres::session_kind;
using postgres::sql::statement;
using testing::HasSubstr;
using testing::Not;

const session_kind plain{"test", false, std::chrono::seconds{5}, false, true};

class sessions : public sql_test {
 protected:
  std::string setting(session& on, const std::string& name) {
    static const statement show{"show", "select current_setting($1)"};
    return must(on.run(show, postgres::parameters{}.add(name), effect::reads))[0][0].c_str();
  }
  /// The options with another key in the url.
  postgres::options with(const std::string& key_value) {
    postgres::options out = schema().where();
    out.url += (out.url.find('?') == std::string::npos ? "?" : "&") + key_value;
    return out;
  }
};

TEST_F(sessions, CarryTheirTimeOutsAndTheirName) {
  postgres::options where = schema().where();
  where.application_name = "weir n1";
  session on{where, {"tasks", false, std::chrono::seconds{30}, true, true}};
  EXPECT_EQ(setting(on, "application_name"), "weir n1 tasks");
  EXPECT_EQ(setting(on, "statement_timeout"), "30s");
  EXPECT_EQ(setting(on, "lock_timeout"), "1s");
  EXPECT_EQ(setting(on, "idle_in_transaction_session_timeout"), "10s");
  EXPECT_EQ(setting(on, "plan_cache_mode"), "force_generic_plan");
  EXPECT_EQ(setting(on, "enable_seqscan"), "off");
  EXPECT_EQ(setting(on, "transaction_isolation"), "read committed");
  EXPECT_EQ(setting(on, "search_path"), "pg_catalog,pg_temp");
  EXPECT_EQ(setting(on, "synchronous_commit"), "on") << "accepted means on disk";
  if (setting(on, "tcp_keepalives_idle") != "0") {  // 0 over a unix socket
    EXPECT_EQ(setting(on, "tcp_keepalives_idle"), "2");
    EXPECT_EQ(setting(on, "tcp_keepalives_count"), "3");
  }
}

TEST_F(sessions, KeepWhatTheUrlSets) {
  session on{with("options=-c%20work_mem%3D5MB"), plain};
  EXPECT_EQ(setting(on, "work_mem"), "5MB");
  EXPECT_EQ(setting(on, "lock_timeout"), "1s");
}

TEST_F(sessions, GoBackToNoServerThatIsBehindOneThatWasSeen) {
  static const statement which{"which", "select system_identifier, weir.tli() from pg_control_system()"};
  postgres::options where = schema().where();
  where.newest = std::make_shared<postgres::newest_server>();
  session on{where, plain};
  const auto row = must(on.run(which, {}, effect::reads));
  EXPECT_EQ(where.newest->behind(row[0][0].as<std::int64_t>(), row[0][1].as<std::int32_t>() + 1), 0);
  EXPECT_TRUE(on.run(which, {}, effect::reads)) << "an open session is not asked again";
  const auto again = on.open();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, errc::unavailable);
  EXPECT_THAT(again.error().message, HasSubstr("it is an old primary"));
  EXPECT_EQ(where.newest->behind(row[0][0].as<std::int64_t>() + 1, 1), 0) << "another database starts anew";
}

TEST_F(sessions, AStatementThatTakesTooLongIsEnded) {
  session on{schema().where(), {"test", false, std::chrono::milliseconds{50}, false, true}};
  static const statement slow{"slow", "select pg_sleep(30)"};
  EXPECT_EQ(code_of(on.run(slow, {}, effect::writes)), errc::timeout);
  EXPECT_EQ(setting(on, "statement_timeout"), "50ms") << "the session lives on";
}

TEST_F(sessions, ALossWhileAWriteRunsIsDoubtAndWhileAReadRunsIsNot) {
  for (const effect how : {effect::writes, effect::reads}) {
    session on{schema().where(), plain};
    auto running = std::async(std::launch::async, [&] {
      static const statement slow{"slow", "select pg_sleep(4)"};
      return on.run(slow, {}, how);
    });
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (
        number("select count(*) from pg_stat_activity where wait_event = 'PgSleep' and application_name = '" +
               schema().name() + " test'") == 0) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
    }
    schema().end_sessions();
    EXPECT_EQ(code_of(running.get()), how == effect::writes ? errc::in_doubt : errc::unavailable);
    static const statement one{"one", "select 1"};
    EXPECT_EQ(code_of(on.run(one, {}, how)), errc::unavailable) << "it does not come back by itself";
    must(on.open());
    EXPECT_TRUE(on.run(one, {}, how).ok());
  }
}

TEST_F(sessions, ALossBeforeAWriteIsSentIsNoDoubt) {
  session on{schema().where(), plain};
  schema().end_sessions();
  static const statement one{"one", "select 1"};
  EXPECT_EQ(code_of(on.run(one, {}, effect::writes)), errc::unavailable);
}

TEST_F(sessions, AReadOnlyServerIsCalledSo) {
  session refused{with("options=-c%20default_transaction_read_only%3Don"), plain};
  EXPECT_EQ(code_of(refused.open()), errc::read_only);

  session on{schema().where(), plain};
  static const statement set{"set", "select set_config('default_transaction_read_only', 'on', false)"};
  must(on.run(set, {}, effect::reads));
  static const statement draw{"draw", "select nextval('weir.task_id')"};
  EXPECT_EQ(code_of(on.run(draw, {}, effect::writes)), errc::read_only);
}

TEST_F(sessions, AServerThatIsAwayIsUnavailable) {
  postgres::options away = schema().where();
  away.url = "postgres://someone:s3cret-word@127.0.0.1:1/nowhere";
  const auto answer = postgres::make_driver(away)->open_membership()->identify();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, errc::unavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("127.0.0.1"));
  EXPECT_THAT(answer.error().message, Not(HasSubstr("s3cret-word")));
}

TEST_F(sessions, NoMessageRepeatsAPassword) {
  for (const char* url : {"postgres://u:s3cret@word@127.0.0.1:1/d",
                          "postgres://u:s3cret/word@127.0.0.1:port/d", "postgres://u:s3cret%zz@127.0.0.1/d",
                          "host=127.0.0.1 password='s3cret", "postgres://u:s3cret#1@h:x"}) {
    postgres::options where = schema().where();
    where.url = url;
    const auto answer = postgres::make_driver(where)->open_console()->reconnect();
    ASSERT_FALSE(answer.ok()) << url;
    EXPECT_THAT(answer.error().message, Not(HasSubstr("s3cret"))) << url;
  }
}

TEST_F(sessions, ANulIsRefusedBeforeItIsCutOff) {
  const auto tasks = driver().open_tasks();
  insert_row row;
  row.name = "a";
  row.data = "{}";
  row.key = std::string{"k\0ey", 4};
  EXPECT_EQ(code_of(tasks->insert({row})), errc::invalid);
  EXPECT_EQ(number("select count(*) from weir.task"), 0);
}

// The same server behind another spelling of its url stands for a transaction pooler.
TEST_F(sessions, ThroughAPoolerNothingIsPreparedAndAllWorks) {
  postgres::options where = with("connect_timeout=4");
  where.direct_url = schema().where().url;
  ASSERT_TRUE(where.pooled());
  session on{where, plain};
  EXPECT_EQ(setting(on, "lock_timeout"), "0") << "no session state";
  static const statement prepared{"prepared", "select count(*) from pg_prepared_statements"};
  EXPECT_STREQ(must(on.run(prepared, {}, effect::reads))[0][0].c_str(), "0");

  const auto driver = postgres::make_driver(where);
  const auto id = join(*driver->open_membership(), "n1");
  const auto leadership = driver->open_leadership();
  const auto term = must(leadership->try_lead(id)).value();
  must(driver->open_coordination()->assign(id, term, {{1, "n1"}}));
  const auto taken = must(driver->open_ownership()->acquire(id, 1, false, false));
  const auto tasks = driver->open_tasks();
  insert_row row;
  row.name = "t";
  row.data = "{}";
  const auto made = must(tasks->insert(std::vector<insert_row>(16, row), {id, {taken.held}}));
  const auto mine =
      std::find_if(made.begin(), made.end(), [](const inserted& one) { return one.handed; })->id;
  EXPECT_EQ(must(tasks->read({{{1, 99}, taken.mark, true, 10}})).rows.at(0).id, mine);
  finish_request request;
  request.node = id;
  request.held = {taken.held};
  request.rows.resize(1);
  request.rows[0].part = 1;
  request.rows[0].id = mine;
  request.rows[0].name = "t";
  request.rows[0].result = 'd';
  request.rows[0].number = 1;
  EXPECT_EQ(must(tasks->finish(request)).held.size(), 1U);
  EXPECT_EQ(must(driver->open_console()->task(mine)).state, task_state::done);
}

TEST_F(sessions, TwoWeirsInOneDatabaseHaveTwoLeaders) {
  postgres_schema second;
  const auto other = postgres::make_driver(second.where());
  const auto id = join(*driver().open_membership(), "n1");
  const auto other_id = join(*other->open_membership(), "n1");
  const auto here = driver().open_leadership();
  const auto there = other->open_leadership();
  EXPECT_TRUE(must(here->try_lead(id)).has_value());
  EXPECT_TRUE(must(there->try_lead(other_id)).has_value());
}

}  // namespace
}  // namespace weir::test_support
