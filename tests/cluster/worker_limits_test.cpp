// What a stream's rate holds back on a node, until when, and what it never holds up.
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
      run_of[order.request.task_id] = order.request.run_id;
      started.push_back(order.request.task_id);
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

}  // namespace
}  // namespace weir::cluster
