// Firing raced on real sessions: one tick, one task, whoever else fires it, leads, or changes the schedule meanwhile.
#include <atomic>
#include <future>
#include <thread>

#include "tests/sql/fixture.hpp"

namespace weir::test_support {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class firing : public sql_test {
 protected:
  void SetUp() override {
    sql_test::SetUp();
    if (IsSkipped()) return;
    membership_ = driver().open_membership();
    leadership_ = driver().open_leadership();
    me_ = join(*membership_, "n1");
    term_ = *must(leadership_->try_lead(me_));
    schedule_declaration wanted;
    wanted.name = "poll";
    wanted.task = "poll";
    wanted.every = 1s;
    must(driver().open_schedules()->add(wanted));
    // Seen by a leader: its next tick is a fixed one.
    exec("update weir.schedule set next_at = timestamptz '2026-11-22 12:00:00Z'");
  }

  std::string fire_text() const {
    return "select weir.fire_schedule(" + std::to_string(me_) + ", " + std::to_string(term_.timeline) + ", " +
           std::to_string(term_.term) +
           ", (select schedule_id from weir.schedule), '2026-11-22 12:00:00Z', " +
           "array[timestamptz '2026-11-22 12:00:00Z'], '2026-11-22 12:00:01Z')";
  }
  /// Fires the same tick in another session, while the first one has fired it and is not committed.
  std::future<std::string> fire_meanwhile() {
    auto waiting = std::async(std::launch::async, [this]() -> std::string {
      try {
        pqxx::connection own{test_database_url()};
        pqxx::work work{own};
        const auto rows = work.exec(schema().sql(fire_text()));
        work.commit();
        return rows[0][0].is_null() ? "moved" : "fired";
      } catch (const std::exception& problem) {
        return problem.what();
      }
    });
    const auto late = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < late && waiting.wait_for(0s) != std::future_status::ready &&
           number("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%\"" +
                  schema().name() + "\".fire_schedule(%'") == 0) {
    }
    return waiting;
  }

  std::unique_ptr<membership_store> membership_;
  std::unique_ptr<leadership_store> leadership_;
  node_id me_ = 0;
  leader_term term_;
};

TEST_F(firing, WaitsForAnotherOneOfTheSameTickAndFindsItMoved) {
  pqxx::connection own{test_database_url()};
  pqxx::work first{own};
  first.exec(schema().sql(fire_text()));
  auto second = fire_meanwhile();
  EXPECT_EQ(second.wait_for(0s), std::future_status::timeout) << "it does not wait";
  first.commit();
  EXPECT_EQ(second.get(), "moved");
  EXPECT_EQ(number("select count(*) from weir.task"), 1);
  EXPECT_EQ(
      value(
          "select next_at = '2026-11-22 12:00:01Z' and last_at = '2026-11-22 12:00:00Z' from weir.schedule"),
      "t");
}

TEST_F(firing, FiresWhatAnotherOneRolledBack) {
  pqxx::connection own{test_database_url()};
  pqxx::work first{own};
  first.exec(schema().sql(fire_text()));
  auto second = fire_meanwhile();
  first.abort();
  EXPECT_EQ(second.get(), "fired");
  EXPECT_EQ(number("select count(*) from weir.task"), 1);
}

TEST_F(firing, ATermDoesNotEndInTheMiddleOfIt) {
  pqxx::connection own{test_database_url()};
  pqxx::work first{own};
  first.exec(schema().sql(fire_text()));
  EXPECT_THAT(error_of("set lock_timeout = '100ms'; update weir.term set ended_at = now(), reason = 'lost'"),
              HasSubstr("lock timeout"));
  exec("reset lock_timeout");
  first.commit();
  exec("update weir.term set ended_at = now(), reason = 'lost'");
  EXPECT_THAT(error_of(fire_text()), HasSubstr("does not run any more"));
  EXPECT_EQ(number("select count(*) from weir.task"), 1);
}

TEST_F(firing, OfManySessionsAtOnceIsOneTaskATick) {
  constexpr int ticks = 40;
  const auto begin = std::chrono::time_point_cast<std::chrono::microseconds>(
      std::chrono::system_clock::time_point{std::chrono::seconds{1'795'348'800}});
  const auto row = must(driver().open_schedules()->find("poll"));
  std::atomic<int> fired{0};
  std::vector<std::thread> leaders;
  for (int i = 0; i < 4; ++i) {
    leaders.emplace_back([&] {
      const auto store = driver().open_schedules();
      for (int tick = 0; tick < ticks;) {
        const wall_time at = begin + tick * 1s;
        const auto answer = store->fire(me_, term_, {row.id, at, {at}, at + 1s});
        if (!answer) continue;  // a lock timeout
        if (*answer) fired += static_cast<int>((*answer)->size());
        ++tick;
      }
    });
  }
  for (auto& leader : leaders) leader.join();
  EXPECT_EQ(fired, ticks);
  EXPECT_EQ(number("select count(*) from weir.task where created_by = 'schedule poll'"), ticks);
}

TEST_F(firing, ImpossibleSchedulesCannotBeWritten) {
  const char* impossible[] = {
      "insert into weir.schedule(name, task, missed) values ('s', 't', 'once')",
      ("insert into weir.schedule(name, task, missed, every_ms, cron, zone) values ('s', 't', 'once', 1000, "
       "'x', 'UTC')"),
      "insert into weir.schedule(name, task, missed, every_ms) values ('s', 't', 'once', 999)",
      "insert into weir.schedule(name, task, missed, cron) values ('s', 't', 'once', '* * * * *')",
      "insert into weir.schedule(name, task, missed, every_ms) values ('s', 't', 'never', 1000)",
      "insert into weir.schedule(name, task, missed, every_ms) values (repeat('x', 65), 't', 'once', 1000)",
      "update weir.schedule set next_at = 'infinity'",
      "update weir.schedule set last_at = now()",
  };
  for (const char* row : impossible)
    EXPECT_THAT(error_of(row), HasSubstr("violates check constraint")) << row;
}

}  // namespace
}  // namespace weir::test_support
