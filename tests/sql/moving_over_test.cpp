// Moving over from a table of episub/queue: row by row, and in the end the view in its place.
#include "drivers/postgres/queue_import.hpp"

#include <algorithm>
#include <future>

#include "tests/sql/fixture.hpp"

namespace weir::test_support {
namespace {

using postgres::queue_batch;
using postgres::queue_view;
using testing::AllOf;
using testing::HasSubstr;

/// The seed's table, called errand, in a schema of a shop's own.
class moving_over : public sql_test {
 protected:
  void SetUp() override {
    sql_test::SetUp();
    if (IsSkipped()) return;
    shop_ = schema().name() + "_shop";
    exec("set client_min_messages = warning");
    exec("drop schema if exists " + shop_ + " cascade");
    exec("create schema " + shop_);
    exec("create table " + shop_ + R"(.errand(
      errand_id uuid not null default gen_random_uuid() primary key,
      data jsonb not null default '{}', task_key varchar, task_name varchar, created_at timestamptz,
      created_by varchar(64), last_attempted timestamptz, state varchar(16), last_attempt_message varchar not null,
      do_after timestamptz default now()))");
  }
  void TearDown() override {
    if (!shop_.empty()) exec("drop schema if exists " + shop_ + " cascade");
  }

  std::string errand() const { return shop_ + ".errand"; }
  /// As the seed's addTask writes it, under the table's own names.
  std::string seed_insert(const std::string& key, const std::string& name = "CUSTOMER") const {
    return "insert into " + errand() +
           "(errand_id, data, state, task_key, task_name, created_at, last_attempted, last_attempt_message, "
           "do_after, "
           "created_by) values (pg_catalog.gen_random_uuid(), '{\"n\": 1}', 'READY', '" +
           key + "', '" + name + "', now(), now(), 'Created', now(), 'shop')";
  }
  /// A row with some columns as given, the others as those of a fresh one a minute old.
  void row(const std::string& state, const std::string& key, const std::string& more = "") {
    exec("insert into " + errand() +
         "(data, state, task_key, task_name, created_at, last_attempted, last_attempt_message, do_after, "
         "created_by) "
         "values ('{}', '" +
         state + "', '" + key +
         "', 'CUSTOMER', now() - interval '1 minute', "
         "now() - interval '1 minute', 'Created', now() - interval '1 minute', 'shop')");
    if (!more.empty()) exec("update " + errand() + " set " + more + " where task_key = '" + key + "'");
  }
  std::unique_ptr<postgres::queue_import> open() {
    return must(postgres::open_queue_import(schema().where(), errand()));
  }
  /// One pass over the table.
  queue_batch move(bool history = false, std::size_t batch = 100) { return move(*open(), history, batch); }
  static queue_batch move(postgres::queue_import& from, bool history, std::size_t batch) {
    const auto ids = must(from.oldest(history, 1000));
    queue_batch all;
    for (std::size_t at = 0; at < ids.size(); at += batch) {
      const auto end = std::min(ids.size(), at + batch);
      const auto step =
          must(from.move(history, {ids.begin() + std::ptrdiff_t(at), ids.begin() + std::ptrdiff_t(end)}));
      all.tasks += step.tasks;
      all.ended += step.ended;
      all.held += step.held;
      if (step.held > 0) break;
    }
    return all;
  }
  std::string tasks(const std::string& what) {
    return value("select string_agg(" + what +
                 ", ' ' order by t.id) from weir.task t "
                 "join weir.message_queue q on q.message_queue_id = t.ext_id");
  }

  std::string shop_;
};

TEST_F(moving_over, UnfinishedRowsComeOldestFirstWithWhatTheyHad) {
  row("READY", "new", "created_at = now() - interval '1 hour'");
  row("READY", "old", "created_at = now() - interval '2 hours', data = '{\"a\": 1}'");
  row("READY", "later", "do_after = '2990-01-01Z'");
  const auto ids = value("select string_agg(errand_id::text, ' ' order by created_at) from " + errand());
  const auto moved = move(false, 1);
  EXPECT_EQ(moved.tasks, 3);
  EXPECT_EQ(moved.ended, 0);
  EXPECT_EQ(tasks("t.key"), "old new later");
  EXPECT_EQ(tasks("t.ext_id::text"), ids);
  EXPECT_EQ(value("select data::text || created_by from weir.task where key = 'old'"), R"({"a": 1}shop)");
  EXPECT_EQ(number("select count(*) from weir.task where created_at > now() - interval '61 seconds'"), 1);
  EXPECT_EQ(
      value("select extract(year from do_after)::text from weir.message_queue where task_key = 'later'"),
      "2990");
  EXPECT_EQ(number("select count(*) from " + errand()), 0);
  EXPECT_EQ(must(driver().open_console()->count_unfinished("CUSTOMER", 10)), 3);
}

TEST_F(moving_over, RowsGoByRouteAndKeyLikeEverythingElse) {
  exec("select weir.create_stream('one', 'single', 1, 1, null, 'strict', 'process', 0, false)");
  exec("insert into weir.route values ('CUSTOMER', 2)");
  row("READY", "42");
  row("READY", "43", "task_name = 'OTHER'");
  row("READY", "", "task_key = null");
  move();
  EXPECT_EQ(number("select part_id from weir.task where key = '42'"),
            number("select first_part from weir.stream where name = 'one'"));
  EXPECT_EQ(number("select part_id - 1 from weir.task where key = '43'"),
            number("select weir.bucket('OTHER', '43', 1, 16)"));
  EXPECT_EQ(number("select count(*) from weir.task where key is null"), 1);
}

TEST_F(moving_over, RetryRowsKeepWhatTheyHadBehindThemAndWaitAsLongAsThere) {
  row("RETRY", "a", "last_attempted = now() - interval '4 minutes', last_attempt_message = 'HTTP 500'");
  row("IN PROGRESS", "b", "last_attempted = now() - interval '1 hour', last_attempt_message = 'Attempting'");
  row("RETRY", "c", "do_after = '2990-01-01Z'");
  EXPECT_EQ(move().tasks, 3);
  const std::string view =
      "select last_attempt_message || '|' || state || '|' || "
      "round(extract(epoch from now() - last_attempted) / 60) || '|' || "
      "round(extract(epoch from do_after - now()) / 60) from weir.message_queue where task_key = ";
  EXPECT_EQ(value(view + "'a'"), "HTTP 500|READY|4|6") << "ten minutes after its last attempt";
  EXPECT_EQ(value(view + "'b'"), "Attempting|READY|60|-1") << "due by both";
  EXPECT_EQ(value("select extract(year from do_after)::text from weir.message_queue where task_key = 'c'"),
            "2990");
}

TEST_F(moving_over, HistoryIsShownAndNeverReadByAnOwner) {
  row("DONE", "a", "last_attempt_message = 'synced'");
  row("FAILED", "b", "last_attempt_message = repeat('x', 3000)");
  row("CANCELLED", "c", "last_attempt_message = ''");
  row("READY", "d");
  EXPECT_EQ(move().ended, 0) << "only if it is wanted";
  EXPECT_EQ(number("select count(*) from " + errand()), 3);
  const auto moved = move(true);
  EXPECT_EQ(moved.ended, 3);
  EXPECT_EQ(moved.tasks, 0);
  const auto console = driver().open_console();
  for (const auto& [key, state] : {std::pair{"a", task_state::done},
                                   {"b", task_state::failed},
                                   {"c", task_state::cancelled},
                                   {"d", task_state::ready}}) {
    task_filter filter;
    filter.key = key;
    const auto page = must(console->tasks(filter));
    ASSERT_EQ(page.items.size(), 1U) << key;
    EXPECT_EQ(page.items[0].state, state) << key;
    EXPECT_EQ(page.items[0].stream, state == task_state::ready ? "default" : "message_queue") << key;
  }
  EXPECT_EQ(value("select last_attempt_message from weir.message_queue where task_key = 'a'"), "synced");
  EXPECT_EQ(must(console->unfinished({}, 10)).size(), 1U);
  EXPECT_EQ(must(console->count_unfinished("CUSTOMER", 10)), 1);
  EXPECT_EQ(
      number("select count(*) from weir.task t join weir.partition p using (part_id) where t.key <> 'd'"), 0)
      << "a partition would have an owner, who would perform them again";
  row("DONE", "e");
  move(true);
  EXPECT_EQ(number("select count(distinct part_id) from weir.task where key <> 'd'"), 1);
  const auto again = must(console->requeue({number("select id from weir.task where key = 'b'")}, "ann"));
  EXPECT_EQ(value("select key from weir.task where id = " + std::to_string(again.at(0))), "b");
}

TEST_F(moving_over, RowsThatCanBeNoTasksStayAndDoNotHoldUpTheRest) {
  const std::pair<const char*, const char*> bad[] = {
      {"task_name = null", "the task name is missing"},
      {"task_name = ''", "the task name is missing"},
      {"task_name = repeat('n', 65)", "the task name is longer than 64 characters"},
      {"task_name = E'a\\nb'", "the task name contains a control character"},
      {"task_key = 'bad' || repeat('k', 510)", "the key is longer than 512 bytes"},
      {"data = to_jsonb(repeat('d', 1048577))", "the data is longer than 1 MiB of JSON text"},
      {"state = null", "its state is none of the seed's"},
      {"state = 'PAUSED'", "its state is none of the seed's"},
      {"do_after = 'infinity'", "a time in it is before 1900 or after 9998"},
      {"created_at = '-infinity'", "a time in it is before 1900 or after 9998"},
  };
  for (const auto& [change, problem] : bad) {
    SCOPED_TRACE(change);
    exec("delete from " + errand());
    row("READY", "good");
    row("READY", "bad", change);
    row("READY", "better", "created_at = now()");
    for (int pass = 0; pass < 2; ++pass) EXPECT_EQ(move().tasks, pass == 0 ? 2 : 0);
    const auto left = must(open()->look());
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left[0].problem, problem);
    EXPECT_EQ(left[0].count, 1);
    EXPECT_EQ(left[0].example, value("select errand_id::text from " + errand()));
  }
  EXPECT_EQ(number("select count(*) from weir.task"), 20);
}

TEST_F(moving_over, OddButGoodRowsAreTaken) {
  row("READY", "a", "data = 'null'");
  row("READY", "b", "created_at = null, created_by = null, do_after = null, last_attempted = null");
  row("READY", "c", "data = '[1]'");
  EXPECT_EQ(move().tasks, 3);
  EXPECT_EQ(value("select data::text from weir.task where key = 'a'"), "{}");
  EXPECT_EQ(value("select (created_at > now() - interval '1 minute')::text from weir.task where key = 'b'"),
            "true");
}

TEST_F(moving_over, WhatCommitsLateIsNotOvertakenByWhatCameAfterIt) {
  pqxx::connection producer{test_database_url()};
  row("READY", "a");
  const auto from = open();
  pqxx::work adding{producer};
  adding.exec(
      "insert into " + errand() +
      " select gen_random_uuid(), '{}', 'k', 'late', now() - interval '1 hour', 'shop', now(), 'READY', "
      "'Created', now()");
  const auto first = must(from->oldest(false, 10));
  adding.commit();
  row("READY", "k");  // by the same producer, afterwards
  EXPECT_EQ(must(from->move(false, first)).tasks, 1);
  EXPECT_EQ(move(*from, false, 100).tasks, 2);
  EXPECT_EQ(tasks("t.key || t.name"), "aCUSTOMER klate kCUSTOMER");
  EXPECT_EQ(must(from->move(false, first)).tasks, 0) << "moved before";
}

TEST_F(moving_over, ARowThatEndedSinceItWasListedStays) {
  row("READY", "a");
  const auto from = open();
  const auto ids = must(from->oldest(false, 10));
  exec("update " + errand() + " set state = 'DONE'");
  EXPECT_EQ(must(from->move(false, ids)).tasks, 0);
  EXPECT_EQ(number("select count(*) from weir.task"), 0);
  EXPECT_EQ(number("select count(*) from " + errand()), 1);
}

TEST_F(moving_over, RowsThatAWorkerHoldsStay) {
  row("READY", "held");
  row("READY", "free");
  pqxx::connection worker{test_database_url()};
  pqxx::work running{worker};
  running.exec("select from " + errand() + " where task_key = 'held' for update skip locked");
  EXPECT_EQ(move().tasks, 1);
  EXPECT_EQ(value("select task_key from " + errand()), "held");
  running.exec("update " + errand() + " set state = 'DONE' where task_key = 'held'");
  running.commit();
  EXPECT_EQ(move().tasks, 0);
  EXPECT_EQ(value("select state from " + errand()), "DONE");
}

TEST_F(moving_over, NoNewerRowOfAKeyOvertakesOneThatAWorkerHolds) {
  row("READY", "k", "created_at = now() - interval '2 hours', created_by = 'older'");
  exec("insert into " + errand() +
       "(data, state, task_key, task_name, created_at, last_attempted, last_attempt_message, created_by) "
       "values "
       "('{}', 'READY', 'k', 'CUSTOMER', now() - interval '1 hour', now(), 'Created', 'newer')");
  row("READY", "free");
  pqxx::connection worker{test_database_url()};
  pqxx::work running{worker};
  running.exec("select from " + errand() + " where created_by = 'older' for update skip locked");
  const auto step = move();
  EXPECT_EQ(step.tasks, 1);
  EXPECT_EQ(step.held, 1);
  EXPECT_EQ(tasks("t.key"), "free");
  running.exec("update " + errand() + " set state = 'RETRY' where created_by = 'older'");
  running.commit();
  EXPECT_EQ(move().tasks, 2);
  EXPECT_EQ(tasks("t.created_by"), "shop older newer");
}

TEST_F(moving_over, TheSwitchPutsTheViewInThePlaceOfTheTable) {
  row("READY", "a");
  row("DONE", "b");
  const auto done = must(open()->switch_over(false, 100));
  EXPECT_EQ(done.tasks, 1);
  EXPECT_EQ(done.renamed, shop_ + ".errand_old");
  EXPECT_EQ(value("select state from " + shop_ + ".errand_old"), "DONE");
  exec(seed_insert("c"));
  EXPECT_EQ(tasks("t.key"), "a c");
  EXPECT_EQ(number("select count(*) from " + errand() +
                   " where task_name = 'CUSTOMER' and state != 'CANCELLED' "
                   "and state != 'DONE' and state != 'FAILED'"),
            2)
      << "getTaskCount";
  EXPECT_EQ(number("select count(*) from " + errand() + " limit 1"), 2) << "getQueueLength";
  const auto made = value("insert into " + errand() +
                          "(task_name, task_key) values ('CUSTOMER', 'd') returning errand_id::text");
  EXPECT_EQ(value("select errand_id::text from " + errand() + " where task_key = 'd'"), made);
  EXPECT_EQ(code_of(postgres::open_queue_import(schema().where(), errand())), errc::refused);
  // what stayed can still be fetched, from under its new name
  const auto old = must(postgres::open_queue_import(schema().where(), done.renamed));
  EXPECT_EQ(must(old->move(true, must(old->oldest(true, 10)))).ended, 1);
}

TEST_F(moving_over, ProducersKeepTheirRights) {
  const std::string app = shop_ + "_app";
  exec("drop role if exists " + app);
  exec("create role " + app);
  exec("grant usage on schema " + shop_ + " to " + app);
  exec("grant insert on " + errand() + " to " + app);
  must(open()->switch_over(false, 100));
  exec("set role " + app);
  EXPECT_EQ(error_of(seed_insert("1")), "");
  EXPECT_THAT(error_of("select from " + errand()), HasSubstr("permission denied"));
  EXPECT_THAT(error_of("select from weir.task"), HasSubstr("permission denied"));
  exec("reset role");
  EXPECT_EQ(number("select count(*) from weir.task"), 1);
  exec("drop owned by " + app);
  exec("drop role " + app);
}

TEST_F(moving_over, AnInsertThatWaitsForTheSwitchGoesToTheView) {
  exec(seed_insert("before"));
  pqxx::connection producer{test_database_url()};
  pqxx::nontransaction{producer}.exec("prepare add as " + seed_insert("prepared"));
  pqxx::nontransaction{producer}.exec("execute add");
  const auto from = open();
  pqxx::connection other{test_database_url()};
  pqxx::work holds{other};
  holds.exec(seed_insert("late"));  // the switch waits for it
  auto switching = std::async(std::launch::async, [&] { return from->switch_over(false, 100); });
  const std::string waiting =
      "select count(*) from pg_locks where not granted and relation = '" + errand() + "'::regclass";
  const auto deadline = boot_clock::now() + std::chrono::milliseconds{900};
  while (number(waiting) < 1 && boot_clock::now() < deadline) {
  }
  auto adding = std::async(std::launch::async, [&] { pqxx::nontransaction{producer}.exec("execute add"); });
  while (number(waiting) < 2 && boot_clock::now() < deadline) {
  }
  EXPECT_EQ(number(waiting), 2) << "the switch, and the producer behind it";
  holds.commit();
  EXPECT_EQ(must(switching.get()).tasks, 3);
  adding.get();
  EXPECT_EQ(number("select count(*) from weir.task where key = 'prepared'"), 2);
  EXPECT_EQ(number("select count(*) from weir.task"), 4);
  EXPECT_EQ(number("select count(*) from " + shop_ + ".errand_old"), 0);
}

TEST_F(moving_over, ASwitchThatCannotBeDoneChangesNothingAndSaysWhy) {
  for (int i = 0; i < 5; ++i) row("READY", std::to_string(i));
  const auto from = open();
  const auto many = from->switch_over(false, 4);
  ASSERT_EQ(code_of(many), errc::refused);
  EXPECT_THAT(many.error().message, HasSubstr("more than 4 rows are still to be moved"));
  exec("create table " + shop_ + ".errand_old()");
  const auto taken = from->switch_over(false, 100);
  ASSERT_EQ(code_of(taken), errc::refused);
  EXPECT_THAT(taken.error().message, AllOf(HasSubstr("errand_old"), HasSubstr("rename")));
  exec("drop table " + shop_ + ".errand_old");
  pqxx::connection worker{test_database_url() + "?application_name=esync"};
  pqxx::work running{worker};
  running.exec("select from " + errand() + " limit 1 for update");
  EXPECT_EQ(code_of(from->switch_over(false, 100)), errc::timeout);
  const auto holders = must(from->holders());
  ASSERT_EQ(holders.size(), 1U);
  EXPECT_EQ(holders[0].program, "esync");
  EXPECT_EQ(holders[0].pid, worker.backendpid());
  EXPECT_EQ(number("select count(*) from weir.task"), 0);
  EXPECT_EQ(number("select count(*) from " + errand()), 5);
}

TEST_F(moving_over, TwoAtOnceWouldMixUpTheOrder) {
  const auto first = open();
  const auto second = postgres::open_queue_import(schema().where(), errand());
  ASSERT_EQ(code_of(second), errc::refused);
  EXPECT_THAT(second.error().message, HasSubstr("being moved over by another session"));
}

TEST_F(moving_over, OnlyATableOfTheSeedIsTaken) {
  const auto refusal = [&](const std::string& place) {
    const auto opened = postgres::open_queue_import(schema().where(), place);
    return opened ? error{errc::internal, "it opened"} : opened.error();
  };
  EXPECT_EQ(refusal(shop_ + ".nothing").code, errc::not_found);
  EXPECT_EQ(refusal("a.b.c").code, errc::invalid);
  EXPECT_EQ(refusal("").code, errc::invalid);
  EXPECT_EQ(refusal("errand;drop").code, errc::invalid);
  EXPECT_EQ(refusal(schema().name() + ".message_queue").code, errc::refused);
  exec("alter table " + errand() + " rename column task_key to key");
  EXPECT_THAT(refusal(errand()).message, HasSubstr("it has no task_key"));
  exec("alter table " + errand() + " rename column key to task_key");
  exec("alter table " + errand() + " rename column errand_id to id");
  EXPECT_EQ(must(postgres::open_queue_import(schema().where(), errand()))->table(), errand())
      << "by its primary key";
  exec("alter table " + errand() + " drop constraint errand_pkey");
  EXPECT_THAT(refusal(errand()).message, HasSubstr("no primary key of type uuid"));
}

TEST_F(moving_over, TheViewStandsWhereItIsWanted) {
  const auto place = [&](const std::string& where) {
    return postgres::place_message_queue(schema().where(), where);
  };
  EXPECT_EQ(must(place("weir.message_queue")), queue_view::there);
  EXPECT_EQ(must(place(errand())), queue_view::table);
  const std::string elsewhere = shop_ + ".\"Task Queue\"";
  EXPECT_EQ(must(place(elsewhere)), queue_view::placed);
  EXPECT_EQ(must(place(elsewhere)), queue_view::there);
  exec("insert into " + elsewhere +
       "(\"Task Queue_id\", task_name) values ('6f1d0a9e-5a1c-4c3c-9d2b-0a1b2c3d4e5f', 'A')");
  EXPECT_EQ(tasks("t.name"), "A");
  EXPECT_EQ(must(place("")), queue_view::off);
  EXPECT_NE(error_of("insert into weir.message_queue(task_name) values ('B')"), "");
  EXPECT_EQ(number("select count(*) from weir.message_queue"), 1) << "it still shows";
  EXPECT_EQ(must(place("weir.message_queue")), queue_view::placed);
  EXPECT_EQ(error_of("insert into weir.message_queue(task_name) values ('B')"), "");
  const auto nowhere = place(shop_ + "_x.q");
  ASSERT_EQ(code_of(nowhere), errc::invalid);
  EXPECT_THAT(nowhere.error().message, HasSubstr("there is no schema"));
}

}  // namespace
}  // namespace weir::test_support
