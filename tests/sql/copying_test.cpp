// Taking over another store: what becomes of each part of it, and what is refused.
#include <algorithm>
#include <thread>

#include "domain/object_hash.hpp"
#include "drivers/postgres/store_copy.hpp"
#include "tests/sql/fixture.hpp"

namespace weir::test_support {
namespace {

using domain::store_contents;
using domain::stored_task;
using postgres::copy_report;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

wall_time at(std::int64_t seconds) { return wall_time{std::chrono::seconds{1'700'000'000 + seconds}}; }

class copying : public sql_test {
 protected:
  copying() {
    from_.server = 4711;
    from_.node = "laptop";
    from_.version = "0.1.0";
    from_.last_sign = at(900);
    add_stream("default", 8);
    add_stream("mails", 4);
  }

  void add_stream(const std::string& name, int partitions) {
    domain::stored_stream made;
    made.settings.name = name;
    made.settings.partitions = partitions;
    from_.streams.push_back(made);
  }

  stored_task& add(const std::string& stream, const std::string& name, std::optional<std::string> key = {},
                   char ended = 0) {
    stored_task task;
    task.id = static_cast<task_id>(tasks_.size()) + 100;
    task.stream = stream;
    task.name = name;
    task.key = std::move(key);
    task.data = R"({"n": )" + std::to_string(tasks_.size()) + "}";
    task.created_by = "somebody";
    task.created_at = at(static_cast<std::int64_t>(tasks_.size()));
    task.ended = ended;
    if (ended != 0) task.attempts.push_back({1, at(5), std::chrono::milliseconds{7}, ended, "over"});
    for (auto& one : from_.streams) one.used = one.used || one.settings.name == stream;
    tasks_.push_back(task);
    return tasks_.back();
  }

  result<copy_report> copy(const postgres::copy_wish& how = {}) {
    store_contents now = from_;
    now.next_tasks = [this, done = std::size_t{0}](std::size_t most) mutable {
      const auto end = std::min(tasks_.size(), done + most);
      std::vector<stored_task> some(tasks_.begin() + static_cast<std::ptrdiff_t>(done),
                                    tasks_.begin() + static_cast<std::ptrdiff_t>(end));
      done = end;
      return some;
    };
    for (const stored_task& task : tasks_) now.tasks.add(task.ended);
    return postgres::copy_store(schema().where(), {"me@here", "cli", "", ""}, "weir.db", now, how,
                                [](std::int64_t) {});
  }

  store_contents from_;
  std::vector<stored_task> tasks_;
};

TEST_F(copying, KeepsTheOrderAndWhatATaskIs) {
  for (int n = 0; n < 2500; ++n) add(n % 3 == 0 ? "default" : "mails", "t", "k" + std::to_string(n % 7));
  tasks_[1].do_after = at(100'000'000'000);
  ASSERT_EQ(must(copy()).tasks.unfinished, 2500);
  EXPECT_EQ(
      number("select count(*) from (select (data ->> 'n')::int n, row_number() over (order by id) - 1 as nth "
             "from weir.task) x where n <> nth"),
      0);
  EXPECT_EQ(
      value("select name || ' ' || key || ' ' || created_by || ' ' || extract(epoch from created_at)::bigint "
            "from weir.task where data ->> 'n' = '9'"),
      "t k2 somebody 1700000009");
  EXPECT_EQ(
      number(
          "select count(*) from weir.task t join weir.partition p using (part_id) join weir.stream s using "
          "(stream_id) where p.slot <> weir.bucket(t.name, t.key, t.id, s.partitions)"),
      0);
  EXPECT_EQ(
      value("select string_agg(distinct s.name, ' ' order by s.name) from weir.task t join weir.partition p "
            "using (part_id) join weir.stream s using (stream_id) where (data ->> 'n')::int % 3 = 0"),
      "default");
  EXPECT_EQ(number("select count(*) from weir.task where do_after is not null"), 1);
}

TEST_F(copying, LeavesWhatWaitsAndWhatIsOverToTheNextOwner) {
  const auto ms = std::chrono::milliseconds{250};
  stored_task& retry = add("mails", "t");
  retry.attempts.push_back({1, at(1), ms, 'r', "not today"});
  retry.open = {'r', at(3600), at(2), 1, 0, 1, false};
  stored_task& running = add("mails", "t");
  running.open = {'i', at(800), at(800), 0, 0, 0, true};
  add("mails", "t", {}, 'f');
  add("mails", "t", {}, 'X');
  add("mails", "t", {}, 'd');
  stored_task& asked = add("mails", "t");
  asked.request = {task_request::what::cancel, {}, "boss"};
  must(copy());
  EXPECT_EQ(
      value(
          "select string_agg(o.state::text || ' ' || o.epoch || ' ' || o.attempts || ' ' || o.runs || ' ' || "
          "extract(epoch from o.due)::bigint - 1700000000, ', ' order by o.task_id) from weir.open o"),
      "r 0 1 1 3600, i 0 0 0 800");
  EXPECT_EQ(value("select sum(done) || ' ' || sum(failed) || ' ' || sum(cancelled) from weir.mark"), "1 2 0");
  EXPECT_EQ(value("select string_agg(kind::text || ' ' || asked_by, ', ') from weir.request"), "c boss");
  EXPECT_EQ(number("select count(*) from weir.attempt"), 4);

  // The next owner of all finds three, and the run that was cut off counts as a crash, since it was marked.
  const auto membership = driver().open_membership();
  const auto ownership = driver().open_ownership();
  const node_id me = join(*membership, "n1");
  exec("update weir.assignment set node = 'n1'");
  std::vector<read_request> reads;
  std::vector<promote_request> promotes;
  for (const auto& row : exec("select part_id from weir.partition order by 1")) {
    const auto mine = must(ownership->acquire(me, row[0].as<part_id>(), false, false));
    EXPECT_EQ(mine.unclean, 0);
    reads.push_back({mine.held, mine.mark, true, 100});
    promotes.push_back({mine.held, {}, 0, 100});
  }
  const auto tasks = driver().open_tasks();
  EXPECT_EQ(must(tasks->read(reads)).rows.size(), 1U) << "what is over or in open comes another way";
  const auto due = must(tasks->promote(promotes)).rows;
  ASSERT_EQ(due.size(), 2U);  // at(3600) is long past, too
  const auto& cut = due[0].left ? due[0] : due[1];
  ASSERT_TRUE(cut.left);
  EXPECT_TRUE(cut.left->marked);
  EXPECT_EQ(cut.left->took.count(), 100'000) << "until the last thing that the store wrote down";
}

TEST_F(copying, TellsWhereAttemptsRan) {
  add("mails", "t", {}, 'f');
  must(copy());
  const auto id = number("select id from weir.task");
  EXPECT_EQ(must(driver().open_console()->attempts(id)).at(0).node, "laptop");
  EXPECT_THAT(must(driver().open_console()->rows()).nodes, IsEmpty()) << "it is no node of this cluster";
}

TEST_F(copying, HappensOnceForAStore) {
  add("mails", "t");
  must(copy());
  const auto again = copy();
  ASSERT_EQ(code_of(again), errc::refused);
  EXPECT_THAT(again.error().message, HasSubstr("was copied here at"));
  EXPECT_EQ(code_of(copy({true, true})), errc::refused) << "a dry run says so, too";
  from_.server = 4712;
  EXPECT_EQ(code_of(copy()), errc::refused) << "there are tasks of that stream now";
  EXPECT_EQ(must(copy({true, false})).tasks.unfinished, 1);
  EXPECT_EQ(number("select count(*) from weir.task"), 2);
  EXPECT_EQ(value("select string_agg(left(result, 7), ' ' order by audit_id) from weir.audit"),
            "ok refused refused ok");
}

TEST_F(copying, IsAllOrNothing) {
  add("mails", "t");
  add("mails", "t");
  tasks_.back().data = "no JSON";  // as no store of weir has it
  from_.routes.push_back({"t", "mails"});
  EXPECT_EQ(code_of(copy()), errc::invalid);
  for (const char* table : {"task", "route", "node", "ownership"})
    EXPECT_EQ(number(std::string{"select count(*) from weir."} + table), 0) << table;
  EXPECT_EQ(number("select count(*) from weir.stream"), 1);
}

TEST_F(copying, ADryRunSaysTheSameAndChangesNothing) {
  add("mails", "t", {}, 'f');
  from_.routes.push_back({"t", "mails"});
  from_.schedules.push_back({});
  from_.schedules.back().settings.name = from_.schedules.back().settings.task = "daily";
  from_.schedules.back().settings.cron = "0 0 * * *";
  const auto would = must(copy({false, true}));
  EXPECT_EQ(number("select count(*) from weir.audit"), 0);
  EXPECT_EQ(number("select count(*) from weir.stream"), 1);
  const auto made = must(copy());
  EXPECT_EQ(would.streams, made.streams);
  EXPECT_EQ(would.routes, made.routes);
  EXPECT_EQ(would.schedules, made.schedules);
  EXPECT_EQ(would.tasks.failed, made.tasks.failed);
}

TEST_F(copying, GoesOnWithSchedulesWhereTheyWere) {
  const task_id last = add("default", "daily", {}, 'f').id;
  domain::stored_schedule daily;
  daily.settings.name = daily.settings.task = "daily";
  daily.settings.cron = "0 0 * * *";
  daily.settings.data = R"({"big": 12345678901234567890.5})";
  daily.since = at(1);
  daily.next_at = at(2);
  daily.last_at = at(0);
  daily.last_task = last;
  daily.pause.forever = true;
  from_.schedules.push_back(daily);
  daily.settings.name = "weekly";
  daily.pause = {};
  daily.last_task = 7;  // which is gone
  from_.schedules.push_back(daily);
  exec(
      "insert into weir.schedule(name, task, every_ms, missed) values ('hourly', 'hourly', 3600000, 'once')");
  daily.settings.name = daily.settings.task = "hourly";
  from_.schedules.push_back(daily);
  const auto made = must(copy());
  EXPECT_EQ(made.schedules, 2);
  EXPECT_THAT(made.differences, testing::Contains(HasSubstr("\"hourly\": cron is not set")));
  EXPECT_EQ(
      value("select string_agg(extract(epoch from since)::bigint - 1700000000 || ' ' || extract(epoch from "
            "next_at)::bigint - 1700000000 || ' ' || coalesce(paused_until::text, '-') || ' ' || "
            "coalesce(last_task = (select id from weir.task), false), ', ' order by name) from weir.schedule "
            "where name <> 'hourly'"),
      "1 2 infinity true, 1 2 - false");
  EXPECT_EQ(value("select data ->> 'big' from weir.schedule where name = 'daily'"), "12345678901234567890.5");
}

TEST_F(copying, OfTwoPausesTheLongerCounts) {
  from_.streams[0].pause.until = at(4'000'000'000);
  from_.streams[1].pause.forever = true;
  from_.paused_names = {{"a", {true, {}}}, {"b", {false, at(4'000'000'000)}}};
  exec("update weir.stream set paused_until = 'infinity'");
  exec("insert into weir.paused_name(name, until) values ('a', now()), ('b', 'infinity')");
  must(copy());
  EXPECT_EQ(number("select count(*) from weir.stream where paused_until = 'infinity'"), 2);
  EXPECT_EQ(number("select count(*) from weir.paused_name where until = 'infinity'"), 2);
  EXPECT_EQ(number("select pauses from weir.cluster"), 2) << "nodes at work hear of it";
}

TEST_F(copying, LeavesWhatIsThereAsItIsAndSaysSo) {
  exec("select weir.create_stream('mails', 'parallel', 4, 9, null, 'strict', 'thread', 0, false)");
  exec("insert into weir.route(name, stream_id) values ('a', 1)");
  exec("select weir.enqueue('b')");
  from_.routes = {{"a", "mails"}, {"b", "mails"}, {"c", "mails"}};
  const auto made = must(copy());
  EXPECT_EQ(made.streams, 0);
  EXPECT_EQ(made.routes, 1);
  EXPECT_THAT(made.differences,
              testing::IsSupersetOf({HasSubstr("stream \"mails\": concurrency is 9"),
                                     HasSubstr("route \"a\": goes to stream \"default\", in the store"),
                                     HasSubstr("route \"b\": goes to stream \"default\" while")}));
  EXPECT_EQ(value("select string_agg(r.name || ' ' || s.name, ', ' order by r.name) from weir.route r join "
                  "weir.stream s using (stream_id)"),
            "a default, c mails");
}

TEST_F(copying, ComesIntoNoPartitionThatANodeOwns) {
  add("mails", "t");
  exec("select weir.create_stream('mails', 'parallel', 4, 1, null, 'strict', 'thread', 0, false)");
  const auto membership = driver().open_membership();
  const node_id me = join(*membership, "n1");
  exec("update weir.assignment set node = 'n1'");
  const auto part = number(
      "select min(part_id) from weir.partition join weir.stream s using (stream_id) where s.name = 'mails'");
  must(driver().open_ownership()->acquire(me, static_cast<part_id>(part), false, false));
  const auto refused = copy();
  ASSERT_EQ(code_of(refused), errc::refused);
  EXPECT_THAT(refused.error().message, HasSubstr("stream \"mails\" is owned by n1"));
  tasks_.clear();
  from_.streams[1].used = false;
  EXPECT_EQ(must(copy()).tasks.all(), 0) << "a stream without tasks is in nobody's way";
}

TEST_F(copying, KeepsWhatChangeDataCaptureHasHandled) {
  domain::stored_controller one;
  one.row.controller = "4f0c0000-0000-4000-8000-000000000001";
  one.row.name = "customers";
  one.row.pass = 3;
  one.row.round = 2;
  for (int n = 0; n < 2300; ++n) one.objects.push_back({"o" + std::to_string(n), cdc_hash{{1, 2, 3}}, 2});
  one.row.objects = 2300;
  from_.controllers.push_back(one);
  EXPECT_EQ(must(copy()).controllers, 1);
  const auto cdc = driver().open_cdc();
  const auto stored = must(cdc->stored(one.row.controller, 2, {}, 5000));
  ASSERT_EQ(stored.size(), 2300U);
  EXPECT_EQ(stored[0].hash, (cdc_hash{{1, 2, 3}}));
  EXPECT_FALSE(stored[0].stale);
  EXPECT_EQ(must(cdc->begin(one.row.controller, "customers")).number, 4);
  from_.server = 4712;
  const auto again = must(copy());
  EXPECT_EQ(again.controllers, 0);
  EXPECT_THAT(again.differences, testing::Contains(HasSubstr("has its objects here already")));
}

TEST_F(copying, WaitsForNobodyWhoCopiesToo) {
  pqxx::connection other(schema().where().url);
  pqxx::work held(other);
  held.exec(schema().sql("lock table weir.stream in share row exclusive mode"));
  EXPECT_EQ(code_of(copy()), errc::timeout);
}

}  // namespace
}  // namespace weir::test_support
