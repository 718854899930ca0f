// Retention between sessions of a real database: what may wait for whom, and what no race may lose.
#include <future>

#include "tests/sql/fixture.hpp"

namespace weir::test_support {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

/// Node n1 leads and owns the first partition of `default`; segment 0 is full, and its walk is over: of its ended
/// tasks those of yesterday go.
class retention_races : public sql_test {
 protected:
  void SetUp() override {
    sql_test::SetUp();
    if (IsSkipped()) return;
    membership_ = driver().open_membership();
    me_ = join(*membership_, "n1");
    leadership_ = driver().open_leadership();
    term_ = *must(leadership_->try_lead(me_));
    const auto coordination = driver().open_coordination();
    must(coordination->assign(me_, term_, {{1, "n1"}}));
    held_ = must(driver().open_ownership()->acquire(me_, 1, false, false)).held;
    retention_ = driver().open_retention();
    tasks_ = driver().open_tasks();
    for (int n = 0; n < 20; ++n) add("d", "now() - interval '1 day'");
    waiting_ = add("r", "now()");
    exec("insert into weir.open(task_id, epoch, due, part_id, attempts, runs, state, name) values (" +
         std::to_string(waiting_) + ", 1, now(), 1, 1, 1, 'r', 't')");
    exec("update weir.mark set seen = pg_current_snapshot()");
    schema().fill_segment();
  }

  /// A task of partition 1 with one attempt.
  task_id add(const std::string& result, const std::string& at) {
    const auto id = number("insert into weir.task(part_id, name, data) values (1, 't', '{}') returning id");
    exec("insert into weir.attempt_row(task_id, started_at, epoch, took_ms, part_id, no, result) values (" +
         std::to_string(id) + ", " + at + ", 1, 0, 1, 1, '" + result + "')");
    return id;
  }
  void clear() {
    walked_ = must(retention_->look()).taken;
    must(retention_->walk(me_, term_, {retention_walk::what::clear, 0, 0, 100, 100, {{1h, {}, {}}, {}}}));
  }
  result<bool> empty() { return retention_->empty(me_, term_, 0, walked_); }
  std::string emptying() {
    return "select weir.empty_segment(" + std::to_string(me_) + ", " + std::to_string(term_.timeline) + ", " +
           std::to_string(term_.term) + ", 0, '" + walked_ + "')";
  }
  finish_request finishing(char result) {
    finish_row row;
    row.part = held_.part;
    row.id = waiting_;
    row.name = "t";
    row.result = result;
    row.number = 2;
    row.started_at = wall_time{std::chrono::microseconds{number("select weir.to_us(now())")}};
    row.open = finish_row::open_change::remove;
    return {me_, {held_}, {row}, {}};
  }
  std::string state_of_waiting() { return to_string(must(driver().open_console()->task(waiting_)).state); }
  /// Until a session waits for a lock in a statement like that.
  void until_one_waits(const std::string& like) {
    const auto late = std::chrono::steady_clock::now() + 20s;
    while (number("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '" +
                  like + "'") == 0)
      ASSERT_LT(std::chrono::steady_clock::now(), late) << "nobody waits in " << like;
  }

  node_id me_ = 0;
  leader_term term_;
  fence held_;
  task_id waiting_ = 0;  ///< in open, RETRY
  snapshot walked_;
  std::unique_ptr<membership_store> membership_;
  std::unique_ptr<leadership_store> leadership_;
  std::unique_ptr<retention_store> retention_;
  std::unique_ptr<task_store> tasks_;
};

TEST_F(retention_races, AReaderThatHoldsTheSegmentDelaysItAndNobodyElse) {
  clear();
  pqxx::connection other{test_database_url()};
  pqxx::transaction<pqxx::isolation_level::repeatable_read> reader{other};
  reader.exec(schema().sql("select count(*) from weir.message_queue"));
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(code_of(empty()), errc::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  EXPECT_EQ(error_of("select weir.enqueue('t')"), "");
  const auto seen = reader.exec(schema().sql("select count(*) from weir.message_queue"));
  EXPECT_EQ(seen[0][0].as<int>(), 21) << "it still sees what it has seen";
  reader.commit();
  EXPECT_TRUE(must(empty()));
}

TEST_F(retention_races, ATransactionThatHasInsertedBlocksOnlyTheDropping) {
  pqxx::connection other{test_database_url()};
  pqxx::work producer{other};
  producer.exec(schema().sql("select weir.enqueue('t')"));
  clear();
  EXPECT_TRUE(must(empty())) << "it has inserted into another segment";
  EXPECT_EQ(code_of(retention_->drop(me_, term_, 0)), errc::timeout);
  EXPECT_EQ(error_of("select weir.enqueue('t')"), "");
  producer.commit();
  EXPECT_TRUE(must(retention_->drop(me_, term_, 0)));
  EXPECT_EQ(number("select count(*) from weir.message_queue"), 3);
}

TEST_F(retention_races, NothingButTheSegmentWaitsWhileItIsEmptied) {
  clear();
  pqxx::connection other{test_database_url()};
  pqxx::work leader{other};
  leader.exec(schema().sql(emptying()));
  EXPECT_EQ(error_of("set lock_timeout = '1ms'; select weir.enqueue('t')"), "");
  leader.commit();
}

TEST_F(retention_races, AFinishThatWaitedForTheTruncationIsThere) {
  clear();
  pqxx::connection other{test_database_url()};
  pqxx::work leader{other};
  leader.exec(schema().sql(emptying()));
  auto finished =
      std::async(std::launch::async, [this, request = finishing('f')] { return tasks_->finish(request); });
  until_one_waits("%insert into%attempt_row(%");
  leader.commit();
  EXPECT_THAT(must(finished.get()).held, ElementsAre(1));
  EXPECT_EQ(state_of_waiting(), "FAILED");
  EXPECT_EQ(number("select count(*) from weir.task_0"), 0);
  EXPECT_TRUE(must(retention_->drop(me_, term_, 0)));
  EXPECT_EQ(state_of_waiting(), "FAILED");
  EXPECT_EQ(number("select count(*) from weir.kept_attempt"), 2);
}

TEST_F(retention_races, AFinishThatIsNotCommittedYetIsWaitedForAndThere) {
  clear();
  pqxx::connection other{test_database_url()};
  pqxx::work owner{other};
  owner.exec(schema().sql(
      "insert into weir.attempt_row(task_id, started_at, epoch, took_ms, part_id, no, result) values (" +
      std::to_string(waiting_) + ", now(), 1, 0, 1, 2, 'd')"));
  owner.exec(schema().sql("delete from weir.open"));
  EXPECT_EQ(code_of(empty()), errc::timeout);
  owner.commit();
  EXPECT_TRUE(must(empty()));
  EXPECT_EQ(state_of_waiting(), "DONE");
}

TEST_F(retention_races, APromotionThatWaitedForTheTruncationFindsItsTasks) {
  clear();
  pqxx::connection other{test_database_url()};
  pqxx::work leader{other};
  leader.exec(schema().sql(emptying()));
  auto promoted = std::async(std::launch::async, [&] { return tasks_->promote({{held_, {}, 0, 10}}); });
  until_one_waits("%due as materialized%");
  leader.commit();
  const auto rows = must(promoted.get()).rows;
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows.front().id, waiting_);
}

TEST_F(retention_races, AnInsertThatCommitsLateIntoAWalkedSegmentIsNotTruncated) {
  pqxx::connection other{test_database_url()};
  pqxx::work producer{other};
  producer.exec(
      schema().sql("insert into weir.task(id, part_id, name, data) values (5000, 1, 'late', '{}')"));
  clear();
  producer.commit();
  EXPECT_FALSE(must(empty()));
  exec(
      "insert into weir.attempt_row(task_id, started_at, epoch, took_ms, part_id, no, result) values (5000, "
      "now(), 1, 0, "
      "1, 1, 'd')");
  exec("update weir.mark set seen = pg_current_snapshot()");
  EXPECT_FALSE(must(empty())) << "it ended just now";
  EXPECT_EQ(number("select count(*) from weir.message_queue"), 22);
  clear();
  EXPECT_TRUE(must(empty()));
  EXPECT_EQ(number("select count(*) from weir.message_queue where task_name = 'late'"), 1);
}

TEST_F(retention_races, WhatARowHadBehindItGoesWithIt) {
  const auto first = number("select min(id) from weir.task");
  exec("insert into weir.former_attempt(task_id, at, message) values (" + std::to_string(first) +
       ", now(), 'x'), (" + std::to_string(waiting_) + ", now(), 'y')");
  exec("insert into weir.request(task_id, part_id, kind, asked_by) values (" + std::to_string(first) +
       ", 1, 'c', 'me')");
  clear();
  EXPECT_EQ(value("select string_agg(message, '') from weir.former_attempt"), "y");
  EXPECT_EQ(number("select count(*) from weir.request"), 0) << "or its owner would ask for it for ever";
}

TEST_F(retention_races, SegmentsAreMadeAfterTheNewestWasDroppedAndAfterAnyJumpOfIds) {
  clear();
  must(empty());
  must(retention_->drop(me_, term_, 0));
  EXPECT_EQ(number("select weir.keep_room()"), 0) << "the next id is the first of segment 1";
  exec("select setval('weir.task_id', 7000000000)");
  EXPECT_THAT(error_of("select weir.enqueue('t')"), HasSubstr("no partition"));
  must(driver().open_coordination()->keep_room(me_, term_));
  EXPECT_EQ(error_of("select weir.enqueue('t')"), "");
  EXPECT_EQ(number("select count(*) from weir.task_700"), 1);
  for (auto lowest = must(retention_->look()).segments.front().number; lowest < 700;
       lowest = must(retention_->look()).segments.front().number) {
    ASSERT_TRUE(must(retention_->drop(me_, term_, lowest))) << lowest;
  }
  EXPECT_EQ(error_of("select weir.enqueue('t')"), "") << "the gap holds nothing";
}

TEST_F(retention_races, WhatIsKeptHasEveryColumnOfWhatItCameFrom) {
  const auto columns = [this](const std::string& table) {
    return value(
        "select string_agg(attname || ' ' || atttypid::regtype, ', ' order by attname) from pg_attribute "
        "where attrelid = 'weir." +
        table + "'::regclass and attnum > 0 and attname <> 'unfinished'");
  };
  EXPECT_EQ(columns("kept"), columns("task"));
  EXPECT_EQ(columns("known_task"), columns("task"));
  EXPECT_EQ(columns("kept_attempt"), columns("attempt"));
  EXPECT_EQ(columns("known_attempt"), columns("attempt"));
}

}  // namespace
}  // namespace weir::test_support
