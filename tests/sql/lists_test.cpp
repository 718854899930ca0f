// Lists of tasks: right on every page, and by plans that do not look at history.
#include <algorithm>
#include <random>

#include <nlohmann/json.hpp>

#include "drivers/postgres/task_search.hpp"
#include "tests/sql/fixture.hpp"
#include "weir_sql/statements.hpp"

namespace weir::test_support {
namespace {

using postgres::states_or_null;

/// A scan of a plan, with what it brought and what it threw away, over all its rounds.
void add_scans(const nlohmann::json& plan, std::vector<std::pair<std::string, double>>& into) {
  if (plan.contains("Relation Name")) {
    const double rounds = plan.value("Actual Loops", 0.0);
    const double rows = plan.value("Actual Rows", 0.0) + plan.value("Rows Removed by Filter", 0.0) +
                        plan.value("Rows Removed by Index Recheck", 0.0);
    into.emplace_back(
        plan.at("Node Type").get<std::string>() + " of " + plan.at("Relation Name").get<std::string>(),
        rows * rounds);
  }
  for (const auto& below : plan.value("Plans", nlohmann::json::array())) add_scans(below, into);
}

class lists : public sql_test {
 protected:
  void SetUp() override {
    sql_test::SetUp();
    if (IsSkipped()) return;
    exec("select weir.create_stream('lane', 'parallel', 2, 1, null, 'strict', 'thread', 0, false)");
    exec("select weir.create_stream('rare', 'parallel', 1, 1, null, 'strict', 'thread', 0, false)");
    console_ = driver().open_console();
  }

  /// So many ended tasks, of which everything but `done` of `common` in `lane` is seldom.
  void fill(int count) {
    exec(R"sql(
      with made as (
        insert into weir.task(part_id, name, key, data)
        select case when n % 4999 = 1 then r.first_part else l.first_part + n % 2 end,
          case when n % 1777 = 3 then 'seldom' else 'common' end,
          case when n % 3 = 0 then 'hot' when n % 500 = 1 then 'k' || n % 7 end, '{}'
        from generate_series(1, )sql" +
         std::to_string(count) + R"sql() n
        cross join (select first_part from weir.stream where name = 'lane') l
        cross join (select first_part from weir.stream where name = 'rare') r
        returning id, part_id
      ), succeeded as (
        insert into weir.success(started_at, epoch, block, part_id, first_place, last_place, places, after_us, took_ms)
        select now(), 1, m.id / 1000, m.part_id, min(m.id % 1000), max(m.id % 1000),
          array_agg((m.id % 1000)::int2 order by m.id), array_agg(0), array_agg(1)
        from made m
        where m.id % 997 <> 0 and m.id % 1009 <> 0 and m.id % 401 <> 0 and m.id % 811 <> 0 and m.id % 613 <> 0
        group by m.id / 1000, m.part_id, m.id / 10
      )
      insert into weir.attempt_row(task_id, started_at, epoch, took_ms, part_id, no, result)
      select m.id, now(), 1, 1, m.part_id, x.no, x.result::"char"
      from made m
      cross join lateral (values
        (1, case when m.id % 997 = 0 then 'f' when m.id % 1009 = 0 then 'X' when m.id % 401 = 0 then 's'
                 when m.id % 811 = 0 then 'c' when m.id % 613 = 0 then 'r' else 'd' end),
        (2, case when m.id % 613 = 0 and m.id % 997 <> 0 and m.id % 1009 <> 0 and m.id % 401 <> 0 and m.id % 811 <> 0
              then 'd' end)) x(no, result)
      where x.result is not null
        and not (x.no = 1 and x.result = 'd'))sql");
    exec("update weir.mark set seen = pg_current_snapshot()");
  }

  /// As drivers/postgres/connection_text.cpp sets a session that has task_plans.
  void plan_as_the_console() {
    for (const char* set : {"plan_cache_mode = force_generic_plan", "enable_seqscan = off",
                            "enable_bitmapscan = off", "jit = off"})
      exec(std::string{"set "} + set);
  }
  /// Rows that the busiest scan of a table reads.
  double most_read(const postgres::sql::statement& what, const std::string& with) {
    exec(std::string{"prepare asked as "} + what.text);
    const auto plan =
        nlohmann::json::parse(value("explain (analyze, format json) execute asked(" + with + ")"));
    exec("deallocate asked");
    std::vector<std::pair<std::string, double>> scans;
    add_scans(plan.at(0).at("Plan"), scans);
    const auto most = std::max_element(scans.begin(), scans.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most == scans.end()) return 0;
    return most->second;
  }

  /// Rows that a statement reads in all tables, within functions too.
  std::int64_t rows_read(const std::string& text) {
    const auto sum =
        "(select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) from pg_stat_xact_user_tables "
        "where schemaname = '" +
        schema().name() + "')";
    return number("select set_config('test.before', " + sum + "::text, true); " + text + "; select (" + sum +
                  " - current_setting('test.before')::numeric)::bigint");
  }

  std::unique_ptr<console_store> console_;
};

/// What the filter means, by looking at everything.
std::string all_of(const task_filter& filter) {
  const auto is = [](const std::string& what, const std::optional<std::string>& wanted) {
    return wanted ? " and " + what + " = '" + *wanted + "'" : std::string{};
  };
  const auto states = states_or_null(filter);
  return "select coalesce(string_agg(t.id::text, ' ' order by t.id desc), '') from weir.known_task t"
         " left join weir.open o on o.task_id = t.id"
         " left join weir.known_attempt a on a.task_id = t.id and weir.is_final(a.result)"
         " left join lateral (select b.* from weir.block b where b.first_part <= t.part_id"
         " order by b.first_part desc limit 1) b on true"
         " left join weir.stream s on s.stream_id = b.stream_id where true" +
         is("coalesce(s.name, b.former_name)", filter.stream) + is("t.name", filter.name) +
         is("t.key", filter.key) +
         (states ? " and weir.state_of(o.task_id is not null, o.state, a.result) = any ('" + *states + "')"
                 : "");
}

// Some are unfinished: unread, deferred, to be tried again, running; some are kept.
TEST_F(lists, EveryPageOfEveryFilterIsRight) {
  fill(12'000);
  exec(R"sql(
    with moved as (delete from weir.task where id % 50 = 7 and id < 3000 returning *)
    insert into weir.kept(id, xid, created_at, part_id, name, key, data, unfinished)
    select id, xid, created_at, part_id, name, key, data, false from moved)sql");
  exec(R"sql(
    with moved as (delete from weir.attempt_row where task_id % 50 = 7 and task_id < 3000 returning *)
    insert into weir.kept_attempt select * from moved)sql");
  exec(R"sql(
    insert into weir.kept_attempt(task_id, started_at, epoch, took_ms, part_id, no, result)
    select s.task_id, s.started_at, s.epoch, s.took_ms, s.part_id, 1, 'd'
    from weir.take_successes('success_0', array(select k.id from weir.kept k)) s)sql");
  exec("select weir.enqueue('common', key => 'hot', stream => 'lane') from generate_series(1, 30)");
  exec(
      "insert into weir.open(task_id, epoch, due, part_id, state, name, key) select id, 1, now(), part_id, "
      "(array['w', 'r', 'i'])[1 + id % 3]::\"char\", name, key from weir.task where id % 2 = 0 order by id "
      "desc limit 12");
  exec("select weir.enqueue('seldom', stream => 'rare') from generate_series(1, 5)");

  const std::optional<std::string> any;
  const std::vector<std::optional<std::string>> streams{any, any, "lane", "rare", "default", "nowhere"};
  const std::vector<std::optional<std::string>> names{any, any, "common", "seldom", "nobody"};
  const std::vector<std::optional<std::string>> keys{any, any, any, "hot", "k1", "none"};
  const std::vector<task_state> states{task_state::ready, task_state::in_progress, task_state::retry,
                                       task_state::done,  task_state::failed,      task_state::cancelled};
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto one_of = [&](const auto& all) { return all[random() % all.size()]; };
  for (int round = 0; round < 150; ++round) {
    task_filter filter;
    filter.stream = one_of(streams);
    filter.name = one_of(names);
    filter.key = one_of(keys);
    filter.limit = one_of(std::vector<int>{1000, 1000, 333, 50});
    for (const task_state state : states) {
      if (random() % 4 == 0) filter.states.push_back(state);
    }
    const auto wanted = value(all_of(filter));
    std::string listed, found;
    const auto put = [](std::string& to, task_id id) { to += (to.empty() ? "" : " ") + std::to_string(id); };
    const bool records = filter.limit == 1000;
    do {
      if (records) {
        const auto page = must(console_->tasks(filter));
        for (const auto& each : page.items) put(listed, each.id);
        filter.before = page.next;
      } else {
        const auto page = must(console_->ids(filter));
        for (const task_id id : page.ids) put(listed, id);
        filter.before = page.next;
      }
    } while (filter.before);
    ASSERT_EQ(listed, wanted) << "stream " << filter.stream.value_or("any") << ", name "
                              << filter.name.value_or("any") << ", key " << filter.key.value_or("any")
                              << ", states " << states_or_null(filter).value_or("any");
  }
}

TEST_F(lists, MoreUnreadTasksThanAreCountedAreListedToo) {
  exec(
      "select count(*) from weir.enqueue_many((select jsonb_agg(jsonb_build_object('name', 'common')) "
      "from generate_series(1, 6000)))");
  task_filter filter;
  filter.states = {task_state::ready};
  filter.limit = 1000;
  std::size_t count = 0;
  do {
    const auto page = must(console_->tasks(filter));
    count += page.items.size();
    filter.before = page.next;
  } while (filter.before);
  EXPECT_EQ(count, 6000);
}

TEST_F(lists, WhatIsAskedOfOneTaskReadsNoHistory) {
  fill(50'000);
  EXPECT_GE(rows_read("select count(*) from weir.task"), 50'000) << "reading is counted";
  plan_as_the_console();
  for (const bool analyzed : {false, true}) {
    if (analyzed) exec("analyze weir.task, weir.attempt_row, weir.success, weir.open");
    for (const char* text :
         {"select weir.requeue(array[997, 30001], 'somebody')",
          "select result from weir.attempt where task_id = 30001", "select state from weir.state_now(30001)",
          "select * from weir.ask_tasks('c', array[997, 30001], null, 'somebody')"})
      EXPECT_LE(rows_read(text), 400) << text << (analyzed ? "" : ", not analyzed");
  }
  exec("reset all");
}

// What a page may read, in rows of one scan: as many as it looks at, and for each its outcome, whatever there is.
TEST_F(lists, NoPageReadsHistory) {
  constexpr int history = 200'000;
  fill(history);
  plan_as_the_console();
  const auto with = [&](auto change) {
    task_filter filter;
    change(filter);
    return filter;
  };
  const std::vector<task_filter> filters{
      {},
      with([](auto& f) { f.name = "nobody"; }),
      with([](auto& f) { f.name = "seldom", f.states = {task_state::done}; }),
      with([](auto& f) { f.stream = "rare"; }),
      with([](auto& f) { f.stream = "lane", f.name = "nobody"; }),
      with([](auto& f) { f.key = "hot"; }),
      with([](auto& f) { f.key = "hot", f.states = {task_state::failed}; }),
      with([](auto& f) { f.states = {task_state::done}; }),
      with([](auto& f) { f.states = {task_state::failed}; }),
      with([](auto& f) { f.states = {task_state::failed}, f.name = "nobody"; }),
      with([](auto& f) { f.states = {task_state::cancelled}; }),
      with([](auto& f) { f.states = {task_state::ready}; }),
      with([](auto& f) {
        f.states = {task_state::ready, task_state::done}, f.name = "nobody";
      }),
  };
  const auto quoted = [](const std::optional<std::string>& text) {
    return text ? "'" + *text + "'" : "null";
  };
  for (const bool analyzed : {false, true}) {
    if (analyzed) exec("analyze weir.task, weir.attempt_row, weir.success, weir.open");
    for (const auto& filter : filters) {
      for (const auto& way : postgres::ways_of(filter)) {
        for (const int before : {history + 1, history / 2}) {
          EXPECT_LE(most_read(*way.statement, std::to_string(before) + ", " + quoted(filter.stream) + ", " +
                                                  quoted(filter.name) + ", " + quoted(filter.key) + ", " +
                                                  quoted(states_or_null(filter)) + ", 101, " +
                                                  std::to_string(way.look)),
                    5 * way.look + 200)  // a success is found among the rows of its block
              << way.statement->name << (analyzed ? "" : ", not analyzed");
        }
      }
    }
    EXPECT_LE(most_read(postgres::sql::task_records, "'{5," + std::to_string(history / 2) + "}'"), 100);
    EXPECT_LE(most_read(postgres::sql::task_attempts, "5"), 100);
    EXPECT_LE(most_read(postgres::sql::unfinished_tasks, "null, null, null, null, 100"), 100);
    EXPECT_LE(most_read(postgres::sql::recent_errors, "1000, 50"), 2000);
    EXPECT_LE(most_read(postgres::sql::stream_counts, "10001, 10001"), 200);
  }
  exec("reset all");
}

// Somebody waits for it, and a backlog may be long.
TEST_F(lists, ACountOfUnfinishedTasksLooksAtSoManyAndNoMore) {
  exec(R"sql(
    select count(*)
    from weir.enqueue_many((
      select jsonb_agg(jsonb_build_object('stream', 'rare', 'name',
        case when n = 1 then 'first' when n = 30000 then 'last' else 'common' end))
      from generate_series(1, 30000) n)))sql");
  const auto counted = [this](const char* name) {
    task_filter filter;
    filter.name = name;
    const bounded_count found = must(console_->unfinished_at_least(filter, 10'000));
    return std::to_string(found.count) + (found.capped ? "+" : "");
  };
  EXPECT_EQ(counted("common"), "1999+");
  EXPECT_EQ(counted("first"), "1+");
  EXPECT_EQ(counted("last"), "0+");
  plan_as_the_console();
  const auto reads = [this] {
    return most_read(postgres::sql::unfinished_at_least, "null, 'last', null, null, 10000, 20000, 2000");
  };
  EXPECT_LE(reads(), 2 * 2000) << "not analyzed";
  exec("analyze weir.task, weir.attempt_row, weir.success, weir.open");
  EXPECT_LE(reads(), 2 * 2000);
  exec(R"sql(
    insert into weir.open(task_id, epoch, due, part_id, state, name)
    select id, 1, now(), part_id, 'w', name from weir.task order by id)sql");
  EXPECT_EQ(counted("common"), "10000+");
  EXPECT_EQ(counted("last"), "0+");
  EXPECT_LE(reads(), 2 * 20'000) << "in open";
  exec("reset all");
}

// A mark may be far behind: an owner moves it once a second, and a dead one does not.
TEST_F(lists, CountsLookAtSoManyBehindAMarkAndNoMore) {
  fill(100'000);
  exec("update weir.mark set seen = '1:1:'");
  plan_as_the_console();
  EXPECT_LE(most_read(postgres::sql::stream_counts, "10001, 10001"), 45'000) << "not analyzed";
  exec("analyze weir.task, weir.attempt_row, weir.success, weir.open");
  EXPECT_LE(most_read(postgres::sql::stream_counts, "10001, 10001"), 45'000);
  exec("reset all");
}

}  // namespace
}  // namespace weir::test_support
