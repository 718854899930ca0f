// What a stream's rate and its breaker hold back on a node, until when, and what they never hold up.
#include <string>

#include <gtest/gtest.h>

#include "cluster/worker_machine.hpp"

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using domain::run_result;
using ids = std::vector<task_id>;

constexpr node_id me = 7;
constexpr part_id part = 5;

/// A node that owns the one partition of stream "lane", with tasks in its window.
struct WorkerLimits : testing::Test {
  moment now{boot_time{100h}, wall_time{9h}};
  stream_row stream;
  action_options sync;
  epoch_number epoch = 4;
  std::map<task_id, std::uint64_t> run_of;
  worker_machine machine{settings(),
                         [this](const std::string& name) { return name == "sync" ? &sync : nullptr; },
                         [] { return 0.5; }};

  WorkerLimits() {
    stream.id = 2;
    stream.name = "lane";
    stream.concurrency = 100;
  }
  static worker_settings settings() {
    worker_settings mine;
    mine.me = me;
    mine.name = "n1";
    return mine;
  }
  void pass(boot_time::duration time) {
    now.boot += time;
    machine.on_deadline(now.boot + 5s);
  }
  void see(node_id owner, const std::string& wished_at = "n1") {
    beat_view view;
    view.timeline = 1;
    view.streams.push_back(stream);
    partition_row row;
    row.id = part;
    row.stream = stream.id;
    row.timeline = 1;
    row.owner = owner;
    row.epoch = epoch;
    row.assigned_to = wished_at;
    view.partitions.push_back(row);
    machine.on_deadline(now.boot + 5s);
    machine.on_view(view, true, now);
  }
  void own() {
    see(0);
    const auto asked = machine.next_ownership(now);
    ASSERT_TRUE(asked);
    ownership held;
    held.held = {part, ++epoch};
    held.timeline = 1;
    machine.on_acquired(*asked, held, now);
    read({});
  }
  void read(const ids& tasks) {
    ASSERT_TRUE(machine.next_read(now));
    std::vector<task_row> rows;
    for (const task_id id : tasks) {
      task_row row;
      row.part = part;
      row.id = id;
      row.xid = static_cast<transaction_id>(100 + id);
      row.name = "sync";
      row.data = "{}";
      rows.push_back(std::move(row));
    }
    machine.on_read(read_reply{"s", std::move(rows)}, now);
  }
  /// Polls until it looks as seldom as ever, so that nothing but a limit can wake it.
  void own_with(const ids& tasks) {
    own();
    pass(1s);
    read(tasks);
    for (int poll = 0; poll < 8; ++poll) {
      pass(1s);
      read({});
    }
    see(me);
    ASSERT_FALSE(machine.next_ownership(now));
  }
  ids runs() {
    ids started;
    for (const run_order& order : machine.next_runs(now)) {
      for (const domain::run_request& request : order.requests) {
        run_of[request.task_id] = request.run_id;
        started.push_back(request.task_id);
      }
    }
    return started;
  }
  void end(task_id task, run_result how = run_result::success, std::string message = {}) {
    domain::run_verdict verdict;
    verdict.run_id = run_of.at(task);
    verdict.result = how;
    verdict.message = message.empty() ? "said by " + std::to_string(task) : std::move(message);
    machine.on_verdict(verdict, now);
  }
  boot_time::duration sleeps() { return machine.next_wake(now) - now.boot; }
  void write_all() {
    while (machine.next_finish(now)) machine.on_finished(finish_reply{{part}, {}}, now);
  }
  bool released() {
    const auto asked = machine.next_ownership(now);
    if (!asked || asked->kind != ownership_request::what::release) return false;
    machine.on_released(*asked, true, now);
    return true;
  }
};

// -- the rate ------------------------------------------------------------------

TEST_F(WorkerLimits, StartsAtItsRateAndSleepsUntilTheNextStart) {
  stream.rate = {5, 1s};
  own_with({1, 2, 3});
  EXPECT_EQ(runs(), ids{1});
  EXPECT_EQ(sleeps(), 200ms);
  pass(150ms);
  EXPECT_EQ(runs(), ids{});
  EXPECT_EQ(sleeps(), 50ms) << "not a moment sooner";
  pass(50ms);
  EXPECT_EQ(runs(), ids{2});
  pass(200ms);
  EXPECT_EQ(runs(), ids{3});
  pass(settings().poll_idle - 400ms);
  EXPECT_EQ(sleeps(), 1ms) << "a poll is due by now";
  read({});
  EXPECT_EQ(sleeps(), settings().poll_idle) << "nothing waits";
}

TEST_F(WorkerLimits, StartsEverythingAtOnceWithoutARate) {
  own_with({1, 2, 3});
  EXPECT_EQ(runs(), (ids{1, 2, 3}));
}

TEST_F(WorkerLimits, ARetryIsAStartLikeAnyOther) {
  stream.rate = {5, 1s};
  own_with({1, 2});
  EXPECT_EQ(runs(), ids{1});
  end(1, run_result::retry);
  EXPECT_EQ(runs(), ids{}) << "a run that has ended gives nothing back";
}

TEST_F(WorkerLimits, ADrainWaitsForNoStartThatTheRateHoldsBack) {
  stream.rate = {1, 1h};
  own_with({1, 2, 3});
  EXPECT_EQ(runs(), ids{1});
  see(me, "");
  EXPECT_FALSE(released()) << "task 1 runs";
  end(1);
  write_all();
  EXPECT_TRUE(released());
}

TEST_F(WorkerLimits, KeepsItsPaceOverAPauseAndAHandOver) {
  stream.rate = {1, 1min};
  own_with({1, 2});
  EXPECT_EQ(runs(), ids{1});
  end(1);
  write_all();
  stream.paused = true;
  see(me);
  pass(10s);
  stream.paused = false;
  see(me);
  EXPECT_EQ(runs(), ids{});
  see(me, "");
  ASSERT_TRUE(released());
  pass(10s);
  own_with({2});
  EXPECT_EQ(runs(), ids{}) << "29 s after the start of task 1";
  pass(40s);
  EXPECT_EQ(runs(), ids{2});
}

TEST_F(WorkerLimits, AnotherRateHoldsFromTheNextViewOn) {
  stream.rate = {1, 1h};
  own_with({1, 2, 3, 4});
  EXPECT_EQ(runs(), ids{1});
  pass(1s);
  EXPECT_EQ(runs(), ids{});
  stream.rate = {1, 1s};
  see(me);
  pass(1s);
  EXPECT_EQ(runs(), ids{2});
  stream.rate = {};
  see(me);
  EXPECT_EQ(runs(), (ids{3, 4}));
}

// -- how many at once ----------------------------------------------------------

TEST_F(WorkerLimits, MoreAtOnceThanItsExecutorWasMadeForWaitForTheNextOne) {
  stream.mode = stream_mode::single;
  stream.concurrency = 2;
  own_with({1, 2, 3, 4});
  ASSERT_EQ(runs(), (ids{1, 2}));
  stream.concurrency = 4;
  see(me);
  EXPECT_EQ(runs(), ids{}) << "they would wait in the executor, and be shown as running";
  stream.concurrency = 1;
  see(me);
  end(1);
  EXPECT_EQ(runs(), ids{}) << "fewer are in force at once";
  end(2);
  EXPECT_EQ(runs(), ids{3});
}

// -- the breaker ---------------------------------------------------------------

struct WorkerBreaker : WorkerLimits {
  WorkerBreaker() {
    stream.concurrency = 1;
    stream.breaker = {2, 200ms};
  }
  /// Two of the tasks fail, and the stream rests.
  void trip() {
    for (const task_id task : {1, 2}) {
      ASSERT_EQ(runs(), ids{task});
      end(task, run_result::failure);
    }
  }
};

TEST_F(WorkerBreaker, RestsAfterFailuresInARowAndTriesOneRun) {
  stream.concurrency = 2;
  own_with({1, 2, 3, 4, 5});
  ASSERT_EQ(runs(), (ids{1, 2}));
  for (const task_id task : {1, 2}) end(task, run_result::failure);
  EXPECT_EQ(runs(), ids{});
  EXPECT_EQ(sleeps(), 200ms);
  auto news = machine.next_breaker_news();
  ASSERT_EQ(news.size(), 1U);
  EXPECT_TRUE(news[0].open);
  EXPECT_EQ(news[0].stream, "lane");
  EXPECT_EQ(news[0].failures, 2);
  EXPECT_EQ(news[0].message, "said by 2");
  pass(199ms);
  EXPECT_EQ(runs(), ids{});
  pass(1ms);
  EXPECT_EQ(runs(), ids{3});
  EXPECT_EQ(runs(), ids{}) << "one is tried, though there is room for two";
  end(3);
  EXPECT_EQ(runs(), (ids{4, 5}));
  news = machine.next_breaker_news();
  ASSERT_EQ(news.size(), 1U);
  EXPECT_FALSE(news[0].open);
  EXPECT_TRUE(machine.note().rests.empty());
}

TEST_F(WorkerBreaker, RestsAgainWhenTheRunThatIsTriedFails) {
  own_with({1, 2, 3, 4});
  trip();
  pass(200ms);
  EXPECT_EQ(runs(), ids{3});
  end(3, run_result::timeout);
  EXPECT_EQ(runs(), ids{});
  EXPECT_EQ(machine.next_breaker_news().size(), 2U);
  pass(200ms);
  EXPECT_EQ(runs(), ids{4});
}

TEST_F(WorkerBreaker, NotesForHowLongItRestsAndWhy) {
  own_with({1, 2, 3});
  trip();
  pass(50ms);
  const beat_note said = machine.note().at(now.boot);
  ASSERT_EQ(said.resting.size(), 1U);
  EXPECT_EQ(said.resting[0].stream, stream.id);
  EXPECT_EQ(said.resting[0].failures, 2);
  EXPECT_EQ(said.resting[0].left, 150ms);
  EXPECT_EQ(said.resting[0].message, "said by 2");
  EXPECT_EQ(machine.note().at(now.boot + 1s).resting[0].left, 0ms);
}

TEST_F(WorkerBreaker, NotesOnlyWhatTheStoreCanKeep) {
  stream.breaker.failures = 1;
  own_with({1, 2});
  EXPECT_EQ(runs(), ids{1});
  end(1, run_result::crash, std::string("nul\0", 4) + "\xff" + std::string(3000, 'x'));
  const std::string kept = machine.note().rests.at(0).message;
  EXPECT_LE(kept.size(), defaults::message_bytes);
  EXPECT_EQ(kept.find('\0'), std::string::npos);
  EXPECT_EQ(kept.find('\xff'), std::string::npos);
}

TEST_F(WorkerBreaker, TheRestEndsWithTheRule) {
  own_with({1, 2, 3});
  trip();
  stream.breaker.failures = 0;
  see(me);
  EXPECT_EQ(runs(), ids{3});
}

TEST_F(WorkerBreaker, ADrainDoesNotWaitForARest) {
  own_with({1, 2, 3});
  trip();
  write_all();
  see(me, "");
  EXPECT_TRUE(released());
  EXPECT_TRUE(machine.note().rests.empty()) << "what is gone does not rest here";
}

TEST_F(WorkerBreaker, ARunThatIsTriedAndLostIsNotWaitedFor) {
  own_with({1, 2, 3});
  trip();
  pass(200ms);
  EXPECT_EQ(runs(), ids{3});
  epoch = 9;
  see(8);
  end(3, run_result::interrupted);
  EXPECT_TRUE(machine.next_closes().empty());
  own_with({3});
  EXPECT_EQ(runs(), ids{3});
}

}  // namespace
}  // namespace weir::cluster
