// Reading by commit visibility: what SQL producers do with transactions, and what a page costs.
#include <nlohmann/json.hpp>

#include "drivers/postgres/sql_text.hpp"
#include "tests/sql/fixture.hpp"
#include "weir_sql/statements.hpp"

namespace weir::test_support {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class reading : public sql_test {
 protected:
  void SetUp() override {
    sql_test::SetUp();
    if (IsSkipped()) return;
    tasks_ = driver().open_tasks();
    exec("select weir.create_stream('lane', 'single', 1, 1, null, 'strict', 'process', 0, false)");
    lane_ = static_cast<part_id>(number("select first_part from weir.stream where name = 'lane'"));
    position_.seen = "1:1:";
  }
  std::string enqueue(const std::string& name) {
    return "select weir.enqueue('" + name + "', stream => 'lane')";
  }
  /// Reads on, everything there is; the names in the order of reading.
  std::vector<std::string> read_on() {
    std::vector<std::string> names;
    const auto reply = must(tasks_->read({{{lane_, 1}, position_, false, 1000}}));
    for (const auto& row : reply.rows) names.push_back(row.name);
    position_ = {reply.taken, {}, 0, 0};
    return names;
  }

  std::unique_ptr<task_store> tasks_;
  part_id lane_ = 0;
  reading_position position_;
};

TEST_F(reading, ALowerIdThatCommitsLateIsReadThen) {
  pqxx::connection own{test_database_url()};
  pqxx::work slow{own};
  slow.exec(schema().sql(enqueue("early id")));
  exec(enqueue("late id"));
  EXPECT_THAT(read_on(), ElementsAre("late id"));
  EXPECT_THAT(read_on(), IsEmpty());
  exec(enqueue("later still"));
  EXPECT_THAT(read_on(), ElementsAre("later still"));
  slow.commit();
  EXPECT_THAT(read_on(), ElementsAre("early id"));
  EXPECT_THAT(read_on(), IsEmpty());
}

TEST_F(reading, SavepointsCountByTheirTransaction) {
  pqxx::connection own{test_database_url()};
  pqxx::work work{own};
  work.exec("savepoint one");
  work.exec(schema().sql(enqueue("released")));
  work.exec("release one");
  work.exec("savepoint two");
  work.exec(schema().sql(enqueue("rolled back")));
  work.exec("rollback to two");
  work.exec(schema().sql(enqueue("plain")));
  EXPECT_THAT(read_on(), IsEmpty());
  work.commit();
  EXPECT_THAT(read_on(), ElementsAre("released", "plain"));
  EXPECT_THAT(read_on(), IsEmpty());
}

TEST_F(reading, APreparedTransactionIsReadWhenItIsCommitted) {
  if (number("select current_setting('max_prepared_transactions')::int") == 0) {
    GTEST_SKIP() << "max_prepared_transactions is 0";
  }
  const std::string name = "'" + schema().name() + "'";
  exec("begin");
  exec(enqueue("prepared"));
  exec("prepare transaction " + name);
  exec(enqueue("other"));
  EXPECT_THAT(read_on(), ElementsAre("other"));
  EXPECT_THAT(read_on(), IsEmpty());
  exec("commit prepared " + name);
  EXPECT_THAT(read_on(), ElementsAre("prepared"));
}

TEST_F(reading, IdsUpToTheFloorBelongToAnotherCluster) {
  exec(enqueue("foreign"));
  exec("update weir.cluster set id_floor = (select max(id) from weir.task)");
  exec(enqueue("ours"));
  EXPECT_THAT(read_on(), ElementsAre("ours"));
}

/// The sum of a field over a plan's nodes that have it.
std::int64_t shared_blocks(const nlohmann::json& plan) {
  return plan.value("Shared Hit Blocks", std::int64_t{0}) + plan.value("Shared Read Blocks", std::int64_t{0});
}

// A page in the middle of a transaction of a hundred thousand tasks must cost a page, whatever the planner
// believes: its statistics may be missing or may say that there is one partition and one transaction.
TEST_F(reading, APageInTheMiddleOfAHugeTransactionCostsAPage) {
  exec("insert into weir.task(part_id, name, data) select " + std::to_string(lane_) +
       ", 't', '{}' from generate_series(1, 100000)");
  const auto xid = value("select max(xid::text) from weir.task");
  const auto middle = value("select id from weir.task order by id offset 60000 limit 1");
  const auto finished_up_to = value("select id from weir.task order by id offset 59900 limit 1");
  exec(
      "insert into weir.attempt_row(task_id, started_at, epoch, took_ms, part_id, no, result) "
      "select id, now(), 1, 0, part_id, 1, 'd' from weir.task where id % 9 = 0 and id <= " +
      middle);
  exec(
      "insert into weir.success(started_at, epoch, block, part_id, first_place, last_place, places, "
      "after_us, took_ms) "
      "select now(), 1, id / 1000, part_id, min(id % 1000), max(id % 1000), array_agg(id % 1000 order by "
      "id), "
      "array_agg(0), array_agg(0) "
      "from weir.task where id % 9 <> 0 and id <= " +
      middle + " group by id / 1000, part_id, id / 5");
  const auto snapshot = value("select pg_current_snapshot()::text");
  const auto straggling =
      value("select x || ':' || (x::bigint + 1) || ':' || x from (select '" + xid + "' x) s");
  exec("set plan_cache_mode = force_generic_plan");
  exec("set enable_seqscan = off");
  exec("set jit = off");
  for (const bool analyzed : {false, true}) {
    if (analyzed) exec("analyze weir.task, weir.attempt_row, weir.success, weir.open");
    exec(std::string{"prepare page as "} + postgres::sql::read_tasks.text);
    for (const auto& seen : {std::string{"1:1:"}, straggling}) {
      const auto plan = nlohmann::json::parse(
          value("explain (analyze, buffers, format json) execute page('{" + std::to_string(lane_) +
                "}', '{1}', array['" + seen + "']::pg_snapshot[], array['" + snapshot +
                "']::pg_snapshot[], '{" + xid + "}', '{" + finished_up_to + "}', '{t}', '{500}')"));
      const auto& root = plan.at(0).at("Plan");
      EXPECT_EQ(root.at("Actual Rows"), 501);
      EXPECT_LT(shared_blocks(root), 6000) << (analyzed ? "analyzed" : "not analyzed") << ", seen " << seen;
    }
    exec("deallocate page");
  }
  exec("reset all");
}

}  // namespace
}  // namespace weir::test_support
