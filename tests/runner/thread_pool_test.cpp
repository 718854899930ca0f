// The pool: bounded, deadlines obeyed, what does not end is left behind and counted.
#include "runner/thread_pool.hpp"

#include <atomic>
#include <future>

#include <gtest/gtest.h>

#include "support.hpp"

namespace weir::runner {
namespace {

using domain::run_result;

/// Holds runs until it is opened; then every later one passes.
class gate {
 public:
  void open() {
    const std::lock_guard lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock{mutex_};
    ++inside_;
    most_ = std::max(most_, inside_);
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
    --inside_;
  }
  bool wait_inside(int count) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, 10s, [&] { return inside_ >= count; });
  }
  int most() {
    const std::lock_guard lock{mutex_};
    return most_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0, most_ = 0;
  bool open_ = false;
};

struct pool {
  std::shared_ptr<gate> held = std::make_shared<gate>();
  verdict_box box;
  std::unique_ptr<thread_executor> executor;

  explicit pool(thread_options options, std::optional<std::chrono::milliseconds> timeout = {}) {
    action_table table;
    table["ok"] = {[](const task&, context&) { return outcome::success(); }, {}};
    table["held"] = {[g = held](const task&, context&) { return g->pass(), outcome::success(); }, {}};
    table["obedient"] = {[](const task&, context& ctx) {
                           while (!ctx.stop_requested()) std::this_thread::yield();
                           return outcome::retry("as you wish");
                         },
                         {}};
    for (auto& [name, entry] : table) entry.options.timeout = timeout;
    executor = std::make_unique<thread_executor>(table, options, box.taker(), box.log_taker());
  }
  ~pool() {
    held->open();
    if (executor) eventually([&] { return executor->leaked_threads() == 0; });
  }
};

thread_options threads(int count) {
  thread_options options;
  options.node = "n1";
  options.threads = count;
  options.grace = 30ms;
  return options;
}

TEST(ThreadPool, RunsNothingBeforeItIsPromisedADeadline) {
  pool p{threads(2)};
  p.executor->start(request(1, "ok"));
  p.executor->extend(boot_clock::now() - 1s);
  EXPECT_FALSE(eventually([&] { return p.box.verdicts() > 0; }, 50ms));
  p.executor->extend(far_away());
  EXPECT_EQ(p.box.wait_for(1).result, run_result::success);
}

TEST(ThreadPool, StartsNothingAfterTheDeadlineAndTellsWhatRuns) {
  pool p{threads(2)};
  p.executor->extend(boot_clock::now() + 50ms);
  p.executor->start(request(1, "obedient"));
  EXPECT_EQ(p.box.wait_for(1).result, run_result::interrupted);
  p.executor->start(request(2, "ok"));
  EXPECT_FALSE(eventually([&] { return p.box.verdicts() > 1; }, 50ms));
  p.executor->extend(far_away());
  EXPECT_EQ(p.box.wait_for(2).result, run_result::success);
}

TEST(ThreadPool, RunsNoMoreAtOnceThanItHasThreads) {
  pool p{threads(3)};
  p.executor->extend(far_away());
  for (std::uint64_t id = 1; id <= 20; ++id) p.executor->start(request(id, "held"));
  EXPECT_TRUE(p.held->wait_inside(3));
  p.held->open();
  for (std::uint64_t id = 1; id <= 20; ++id) EXPECT_EQ(p.box.wait_for(id).result, run_result::success);
  EXPECT_EQ(p.held->most(), 3);
}

TEST(ThreadPool, ATimeoutIsToldToTheAction) {
  pool p{threads(1), 20ms};
  p.executor->extend(far_away());
  p.executor->start(request(1, "obedient"));
  const auto verdict = p.box.wait_for(1);
  EXPECT_EQ(verdict.result, run_result::timeout);
  EXPECT_EQ(verdict.message, "timed out after 20ms: as you wish");
  EXPECT_EQ(p.executor->leaked_threads(), 0);
}

TEST(ThreadPool, WhatDoesNotEndIsAbandonedAndReplaced) {
  pool p{threads(1), 20ms};
  p.executor->extend(far_away());
  p.executor->start(request(1, "held"));
  p.executor->start(request(2, "ok"));
  const auto verdict = p.box.wait_for(1);
  EXPECT_EQ(verdict.result, run_result::timeout);
  EXPECT_EQ(verdict.message, "timed out after 20ms and did not end when asked to");
  EXPECT_EQ(p.box.wait_for(2).result, run_result::success);
  EXPECT_EQ(p.executor->leaked_threads(), 1);
  EXPECT_TRUE(p.box.wait_for_line("its thread goes on by itself"));
  p.held->open();  // the late verdict is dropped: the box would complain of a second one
  EXPECT_TRUE(eventually([&] { return p.executor->leaked_threads() == 0; }));
  EXPECT_EQ(p.box.verdicts(), 2U);
}

TEST(ThreadPool, LeaksAreCapped) {
  thread_options options = threads(2);
  options.max_leaked = 1;
  pool p{options, 10ms};
  p.executor->extend(far_away());
  for (std::uint64_t id = 1; id <= 3; ++id) p.executor->start(request(id, "held"));
  for (std::uint64_t id = 1; id <= 3; ++id) EXPECT_EQ(p.box.wait_for(id).result, run_result::timeout);
  EXPECT_EQ(p.executor->leaked_threads(), 3);
  EXPECT_TRUE(p.box.wait_for_line("no more are replaced"));
  p.executor->start(request(4, "ok"));
  EXPECT_FALSE(eventually([&] { return p.box.verdicts() > 3; }, 50ms)) << "a thread above the cap";
  p.held->open();
  EXPECT_TRUE(eventually([&] { return p.executor->leaked_threads() == 0; }));
  p.executor->start(request(5, "ok"));
  EXPECT_EQ(p.box.wait_for(4).result, run_result::success);
  EXPECT_EQ(p.box.wait_for(5).result, run_result::success);
}

TEST(ThreadPool, InterruptsWhatWaitsAndWhatRuns) {
  pool p{threads(1)};
  p.executor->extend(far_away());
  p.executor->start(request(1, "held"));
  EXPECT_TRUE(p.held->wait_inside(1));
  p.executor->start(request(2, "ok"));
  p.executor->interrupt(2, 1h);
  EXPECT_EQ(p.box.wait_for(2).result, run_result::interrupted);
  p.executor->interrupt(1, 10ms);
  EXPECT_EQ(p.box.wait_for(1).result, run_result::interrupted);
  p.executor->interrupt(99, 0ms);
}

TEST(ThreadPool, AnInterruptThatIsObeyedLeavesNoThreadBehind) {
  pool p{threads(1)};
  p.executor->extend(far_away());
  p.executor->start(request(1, "obedient"));
  p.executor->interrupt(1, 10s);
  EXPECT_EQ(p.box.wait_for(1).result, run_result::interrupted);
  EXPECT_EQ(p.executor->leaked_threads(), 0);
}

TEST(ThreadPool, IsClosedWhenEverythingHasItsVerdict) {
  pool p{threads(1)};
  p.executor->extend(far_away());
  p.executor->start(request(1, "held"));
  EXPECT_TRUE(p.held->wait_inside(1));
  p.executor->start(request(2, "ok"));
  EXPECT_FALSE(p.executor->closed());
  p.executor->close(1h);
  EXPECT_EQ(p.box.wait_for(2).result, run_result::interrupted);
  EXPECT_FALSE(p.executor->closed());
  p.held->open();
  EXPECT_EQ(p.box.wait_for(1).result, run_result::success);
  EXPECT_TRUE(eventually([&] { return p.executor->closed(); }));
  p.executor->start(request(3, "ok"));
  EXPECT_EQ(p.box.wait_for(3).result, run_result::interrupted);
}

TEST(ThreadPool, ASingleStreamIsNotClosedWhileAnAbandonedThreadWorks) {
  thread_options options = threads(1);
  options.wait_for_abandoned = true;
  pool p{options};
  p.executor->extend(far_away());
  p.executor->start(request(1, "held"));
  EXPECT_TRUE(p.held->wait_inside(1));
  p.executor->close(5ms);
  EXPECT_EQ(p.box.wait_for(1).result, run_result::interrupted);
  EXPECT_FALSE(eventually([&] { return p.executor->closed(); }, 50ms));
  p.held->open();
  EXPECT_TRUE(eventually([&] { return p.executor->closed(); }));
}

TEST(ThreadPool, GoesWithoutWaitingForWhatNeverEnds) {
  pool p{threads(2)};
  p.executor->extend(far_away());
  p.executor->start(request(1, "held"));
  EXPECT_TRUE(p.held->wait_inside(1));
  p.executor->start(request(2, "obedient"));
  p.executor.reset();
  EXPECT_EQ(p.box.wait_for(1).result, run_result::interrupted);
  EXPECT_EQ(p.box.wait_for(2).result, run_result::interrupted);
}

TEST(ThreadPool, ManyShortRunsFromSeveralThreadsAllGetOneVerdict) {
  pool p{threads(8), 10s};
  p.executor->extend(far_away());
  constexpr std::uint64_t each = 2000;
  std::vector<std::future<void>> senders;
  for (std::uint64_t sender = 0; sender < 4; ++sender) {
    senders.push_back(std::async(std::launch::async, [&p, sender] {
      for (std::uint64_t i = 0; i < each; ++i) p.executor->start(request(sender * each + i, "ok"));
    }));
  }
  for (auto& sender : senders) sender.get();
  EXPECT_TRUE(eventually([&] { return p.box.verdicts() == 4 * each; }));
}

}  // namespace
}  // namespace weir::runner
