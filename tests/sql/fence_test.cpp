// Fences between real sessions: a write that waits for a change of ownership must see it when it goes on.
#include <algorithm>
#include <future>

#include "tests/sql/fixture.hpp"

namespace weir::test_support {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class fences : public sql_test {
 protected:
  void SetUp() override {
    sql_test::SetUp();
    if (IsSkipped()) return;
    membership_ = driver().open_membership();
    leadership_ = driver().open_leadership();
    ownership_ = driver().open_ownership();
    coordination_ = driver().open_coordination();
    tasks_ = driver().open_tasks();
    me_ = join(*membership_, "n1");
    term_ = must(leadership_->try_lead(me_)).value();
    must(coordination_->assign(me_, term_, {{1, "n1"}, {2, "n1"}}));
    held_ = must(ownership_->acquire(me_, 1, false, false)).held;
    other_ = must(ownership_->acquire(me_, 2, false, false)).held;
  }

  finish_request request(const std::vector<inserted>& of) {
    finish_request out;
    out.node = me_;
    out.held = {other_, held_};
    for (const inserted& one : of) {
      finish_row row;
      row.part = one.part;
      row.id = one.id;
      row.name = "t";
      row.result = 'd';
      row.number = 1;
      out.rows.push_back(row);
    }
    return out;
  }
  /// Tasks without a key go round the sixteen partitions of `default`.
  static std::vector<insert_row> one_a_partition() {
    insert_row row;
    row.name = "t";
    row.data = "{}";
    return std::vector<insert_row>(16, row);
  }
  /// One handed task in each of the two partitions.
  std::vector<inserted> given() {
    std::vector<inserted> mine;
    for (const inserted& one : must(tasks_->insert(one_a_partition(), {me_, {held_, other_}}))) {
      if (one.handed) mine.push_back(one);
    }
    std::sort(mine.begin(), mine.end(), [](const auto& a, const auto& b) { return a.part < b.part; });
    return mine;
  }
  /// Waits until `call`, running elsewhere, waits for a lock.
  template <class T>
  void wait_until_blocked(std::future<T>& call) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    const std::string blocked =
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and "
        "application_name like '" +
        schema().name() + " %'";
    while (number(blocked) == 0) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "it does not wait";
      ASSERT_EQ(call.wait_for(std::chrono::milliseconds{2}), std::future_status::timeout)
          << "it did not wait";
    }
  }

  std::unique_ptr<membership_store> membership_;
  std::unique_ptr<leadership_store> leadership_;
  std::unique_ptr<ownership_store> ownership_;
  std::unique_ptr<coordination_store> coordination_;
  std::unique_ptr<task_store> tasks_;
  node_id me_ = 0;
  leader_term term_;
  fence held_, other_;
};

TEST_F(fences, AFinishThatWaitedForATakeOverWritesNothingOfThatPartition) {
  const auto rows = given();
  pqxx::connection own{test_database_url()};
  pqxx::work taker{own};
  taker.exec(schema().sql("update weir.partition set owner = null, epoch = epoch + 1 where part_id = 1"));
  auto finishing = std::async(std::launch::async, [&] { return tasks_->finish(request(rows)); });
  wait_until_blocked(finishing);
  taker.commit();
  EXPECT_THAT(must(finishing.get()).held, ElementsAre(2));
  EXPECT_EQ(value("select string_agg(task_id::text, ' ') from weir.attempt"), std::to_string(rows.at(1).id));
}

TEST_F(fences, AFinishThatWaitedForATakeOverThatFailedIsWritten) {
  const auto rows = given();
  pqxx::connection own{test_database_url()};
  auto taker = std::make_unique<pqxx::work>(own);
  taker->exec(schema().sql("update weir.partition set owner = null, epoch = epoch + 1 where part_id = 1"));
  auto finishing = std::async(std::launch::async, [&] { return tasks_->finish(request(rows)); });
  wait_until_blocked(finishing);
  taker.reset();
  EXPECT_THAT(must(finishing.get()).held, ElementsAre(1, 2));
  EXPECT_EQ(number("select count(*) from weir.attempt"), 2);
}

TEST_F(fences, AnInsertThatWaitedForATakeOverHandsNothingToTheFormerOwner) {
  pqxx::connection own{test_database_url()};
  pqxx::work taker{own};
  taker.exec(schema().sql("update weir.partition set epoch = epoch + 1 where part_id = 1"));
  auto inserting = std::async(std::launch::async, [&] {
    return tasks_->insert(one_a_partition(), {me_, {held_, other_}});
  });
  wait_until_blocked(inserting);
  taker.commit();
  for (const inserted& one : must(inserting.get())) EXPECT_EQ(one.handed, one.part == other_.part);
  EXPECT_EQ(number("select count(*) from weir.task"), 16);
  EXPECT_EQ(number("select count(*) from weir.task where epoch is not null"), 1);
}

TEST_F(fences, AWishThatWaitedForTheEndOfItsTermIsNotWritten) {
  pqxx::connection own{test_database_url()};
  pqxx::work ender{own};
  ender.exec(schema().sql("update weir.term set ended_at = now(), reason = 'dead'"));
  auto wishing = std::async(std::launch::async, [&] {
    return coordination_->assign(me_, term_, {{3, "n1"}});
  });
  wait_until_blocked(wishing);
  ender.commit();
  EXPECT_EQ(wishing.get().error().code, errc::refused);
  EXPECT_EQ(value("select node from weir.assignment where part_id = 3"), "");
}

TEST_F(fences, AHeldFenceBlocksTheTakeOverForTheLockTimeOutOnly) {
  must(ownership_->release(me_, held_));
  pqxx::connection own{test_database_url()};
  auto writer = std::make_unique<pqxx::work>(own);
  writer->exec(schema().sql("select from weir.partition where part_id = 1 for share"));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(code_of(ownership_->acquire(me_, 1, false, false)), errc::timeout);
  const auto waited = std::chrono::steady_clock::now() - began;
  EXPECT_GE(waited, std::chrono::milliseconds{900});
  EXPECT_LT(waited, std::chrono::seconds{5});
  writer.reset();
  EXPECT_EQ(must(ownership_->acquire(me_, 1, false, false)).held.epoch, 2) << "the failed try took no epoch";
}

TEST_F(fences, ADeathThatCannotFreeThePartitionsIsNoDeath) {
  pqxx::connection own{test_database_url()};
  auto writer = std::make_unique<pqxx::work>(own);
  writer->exec(schema().sql("select from weir.partition where part_id = 1 for share"));
  EXPECT_EQ(code_of(membership_->declare_dead_by_proof(me_)), errc::timeout);
  EXPECT_TRUE(membership_->beat(me_).ok()) << "half a death would be the end of a live node";
  writer.reset();
  EXPECT_TRUE(must(membership_->declare_dead_by_proof(me_)));
  EXPECT_EQ(code_of(membership_->beat(me_)), errc::refused);
}

TEST_F(fences, ManyPartitionsAreLockedInOneOrder) {
  // Two finishers that name their partitions in opposite orders, again and again: no deadlock.
  const auto hammer = [&](bool reversed) {
    const auto store = driver().open_tasks();
    finish_request both;
    both.node = me_;
    both.held = reversed ? std::vector<fence>{other_, held_} : std::vector<fence>{held_, other_};
    both.marks = {{reversed ? 2 : 1, {"1:1:", {}, 0, 0}, 0, 0, 0},
                  {reversed ? 1 : 2, {"1:1:", {}, 0, 0}, 0, 0, 0}};
    for (int i = 0; i < 100; ++i) {
      const auto answer = store->finish(both);
      if (!answer.ok()) return answer.error().message;
    }
    return std::string{};
  };
  auto there = std::async(std::launch::async, hammer, true);
  EXPECT_EQ(hammer(false), "");
  EXPECT_EQ(there.get(), "");
}

}  // namespace
}  // namespace weir::test_support
