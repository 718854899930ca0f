// Nothing of a runner executes after its deadline: stopped, starved, orphaned, with a stopped node.
//
// `spin` writes the boot clock into a shared page as fast as it can: its last value is the last instruction
// that action code executed. The bound is a tenth of the margin that an owner keeps (defaults::margin).
#include <poll.h>
#include <sys/wait.h>

#include <csignal>

#include <gtest/gtest.h>

#include "helper.hpp"
#include "odd_actions.hpp"
#include "runner/process_executor.hpp"
#include "support.hpp"

namespace weir::runner {
namespace {

using domain::run_result;

constexpr auto tolerance = defaults::margin / 10;

boot_time last_beat(const heartbeat* page) { return boot_time{boot_time::duration{page->last}}; }

std::string data_of(const std::string& file) { return nlohmann::json{{"file", file}}.dump(); }

struct RunnerDeadline : ::testing::Test {
  temporary_directory place;
  std::string file = place.file("beat");
  heartbeat* page = map_heartbeat(file);
  nothing_left check{file};
  verdict_box box;
  process_executor executor{odd_actions(), test_options(), box.taker(), box.log_taker()};

  /// Starts `spin`, and returns its deadline, which lies `left` after a moment at which it did not spin yet.
  ///
  /// Until it spins the promise is renewed, as an owner does: a machine without a free core may need longer
  /// than `left` to start a runner, and a runner whose first promise has passed runs nothing.
  boot_time spin(std::chrono::milliseconds left) {
    executor.start(request(1, "spin", data_of(file)));
    boot_time deadline;
    EXPECT_TRUE(eventually([&] {
      if (page->last != 0) return true;
      deadline = boot_clock::now() + left;
      executor.extend(deadline);
      return false;
    }));
    return deadline;
  }
  /// Everything that a runner consists of: guard, init and the runner itself, or the runner alone.
  std::vector<pid_t> parts() const {
    std::vector<pid_t> all = descendants(executor.pid());
    all.insert(all.begin(), executor.pid());
    return all;
  }
  void expect_dead_by(boot_time deadline, const std::vector<pid_t>& pids) {
    EXPECT_TRUE(eventually([&] {
      for (const pid_t pid : pids) {
        if (alive(pid)) return false;
      }
      return true;
    }));
    // The first thread of a process is gone before its last one, with which the files go.
    EXPECT_TRUE(eventually([&] { return nobody_holds(file); }));
    EXPECT_LT(boot_clock::now() - deadline, defaults::margin / 2);
    EXPECT_LT(last_beat(page) - deadline, tolerance);
  }
};

TEST_F(RunnerDeadline, EndsCodeThatNeverLooks) {
  const boot_time deadline = spin(300ms);
  const auto verdict = box.wait_for(1);
  EXPECT_EQ(verdict.result, run_result::interrupted);
  EXPECT_EQ(verdict.message, "ownership of the stream ended: its runner was killed");
  EXPECT_GE(boot_clock::now(), deadline);
  EXPECT_LT(last_beat(page) - deadline, tolerance);
  EXPECT_GT(last_beat(page) - deadline, -100ms) << "it ended long before its deadline";
}

TEST_F(RunnerDeadline, EveryExtensionMovesIt) {
  spin(300ms);
  boot_time deadline;
  for (int i = 0; i < 10; ++i) {
    deadline = boot_clock::now() + 300ms;
    executor.extend(deadline);
    EXPECT_FALSE(eventually([&] { return box.verdicts() > 0; }, 60ms));
  }
  EXPECT_EQ(box.wait_for(1).result, run_result::interrupted);
  EXPECT_GE(boot_clock::now(), deadline);
  EXPECT_LT(last_beat(page) - deadline, tolerance);
}

TEST_F(RunnerDeadline, RunsNothingBeforeOneIsPromised) {
  executor.start(request(1, "success"));
  EXPECT_FALSE(eventually([&] { return executor.pid() != 0; }, 50ms));
  executor.extend(boot_clock::now() - 1s);
  EXPECT_FALSE(eventually([&] { return executor.pid() != 0; }, 50ms));
  executor.extend(far_away());
  EXPECT_EQ(box.wait_for(1).result, run_result::success);
}

TEST_F(RunnerDeadline, AfterItTheNextPromiseStartsANewRunner) {
  spin(200ms);
  EXPECT_EQ(box.wait_for(1).result, run_result::interrupted);
  executor.start(request(2, "success"));
  EXPECT_FALSE(eventually([&] { return box.verdicts() > 1; }, 50ms));
  executor.extend(far_away());
  EXPECT_EQ(box.wait_for(2).result, run_result::success);
}

/// Which parts of the runner are stopped, as a set of bits: 1 the guard, 2 init, 4 the runner.
class StoppedRunner : public RunnerDeadline, public ::testing::WithParamInterface<unsigned> {};

TEST_P(StoppedRunner, DiesWhileStopped) {
  const boot_time deadline = spin(500ms);
  const std::vector<pid_t> all = parts();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if ((GetParam() >> i & 1U) != 0) ::kill(all[i], SIGSTOP);
  }
  // The node goes on beating. A part that is stopped does not hear of it, and the rest goes with it.
  const bool runner_or_guard = all.size() == 1 || (GetParam() & 5U) != 0;
  if (runner_or_guard) {
    ::poll(nullptr, 0, 20);
    executor.extend(boot_clock::now() + 1h);
  }
  expect_dead_by(deadline, all);
  EXPECT_EQ(box.wait_for(1).result, run_result::interrupted);
}

INSTANTIATE_TEST_SUITE_P(Parts, StoppedRunner, ::testing::Range(1U, 8U));

TEST_F(RunnerDeadline, HoldsWithAllCoresBusy) {
  std::vector<pid_t> hogs;
  for (int i = 0; i < 6; ++i) {
    const pid_t pid = fork_bound();
    if (pid == 0) {
      for (volatile unsigned long count = 0;; count = count + 1) {
      }
    }
    hogs.push_back(pid);
  }
  const boot_time deadline = spin(500ms);
  const std::vector<pid_t> all = parts();
  EXPECT_EQ(box.wait_for(1).result, run_result::interrupted);
  expect_dead_by(deadline, all);
  for (const pid_t pid : hogs) {
    ::kill(pid, SIGKILL);
    reap(pid);
  }
}

/// A node that is a process of its own, holding a spinning runner.
struct NodeTrouble : ::testing::Test {
  temporary_directory place;
  std::string file = place.file("beat");
  heartbeat* page = map_heartbeat(file);
  nothing_left check{file};
  pid_t node = 0;

  boot_time start(const std::string& action, const std::string& left_ms) {
    const boot_time before = boot_clock::now();
    node = start_helper({"--hold", action, file, left_ms});
    EXPECT_TRUE(eventually([&] { return page->last != 0; }));
    return before + std::chrono::milliseconds{std::stol(left_ms)};
  }
  ~NodeTrouble() override {
    if (node <= 0) return;
    ::kill(node, SIGKILL);
    reap(node);
  }
};

TEST_F(NodeTrouble, ARunnerDiesInTimeWhileItsNodeIsStopped) {
  const boot_time earliest = start("spin", "600");
  const std::vector<pid_t> all = descendants(node);
  ASSERT_FALSE(all.empty());
  ::kill(node, SIGSTOP);
  EXPECT_TRUE(eventually([&] { return nobody_holds(file); }));
  EXPECT_LT(boot_clock::now() - earliest, defaults::margin) << "counting from before the node started";
  const boot_time::rep last = page->last;
  EXPECT_FALSE(eventually([&] { return page->last != last; }, 50ms));
  EXPECT_TRUE(alive(node));
}

TEST_F(NodeTrouble, ARunnerDiesInTimeWhileItAndItsNodeAreStopped) {
  const boot_time earliest = start("spin", "600");
  ::kill(node, SIGSTOP);
  for (const pid_t pid : descendants(node)) ::kill(pid, SIGSTOP);
  EXPECT_TRUE(eventually([&] { return nobody_holds(file); }));
  EXPECT_LT(boot_clock::now() - earliest, defaults::margin);
}

TEST_F(NodeTrouble, ARunnerDiesAtOnceWithItsNode) {
  start("spin", "3600000");
  ::kill(node, SIGKILL);
  EXPECT_TRUE(eventually([&] { return nobody_holds(file); }, 1s));
}

TEST_F(NodeTrouble, ADaemonDiesWithItsNode) {
  if (!may_contain()) GTEST_SKIP() << "no right to make pid namespaces here";
  start("daemon", "3600000");
  EXPECT_FALSE(nobody_holds(file));
  ::kill(node, SIGKILL);
  EXPECT_TRUE(eventually([&] { return nobody_holds(file); }, 1s));
}

}  // namespace
}  // namespace weir::runner
