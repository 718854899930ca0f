// What comes out of a runner process, whatever its action does.
#include <algorithm>
#include <csignal>
#include <cstdlib>

#include <gtest/gtest.h>

#include "helper.hpp"
#include "odd_actions.hpp"
#include "runner/process_executor.hpp"
#include "support.hpp"

namespace weir::runner {
namespace {

using domain::run_result;
using domain::run_verdict;

struct runner_test : ::testing::Test {
  verdict_box box;
  std::unique_ptr<process_executor> executor;

  void make(process_options options = test_options()) {
    executor = std::make_unique<process_executor>(odd_actions(), options, box.taker(), box.log_taker());
    executor->extend(far_away());
  }
  run_verdict run(std::uint64_t id, const std::string& name, std::string data = "{}") {
    executor->start(request(id, name, std::move(data)));
    return box.wait_for(id);
  }
};
using RunnerVerdicts = runner_test;

struct expected_verdict {
  const char* name;
  run_result result;
  const char* message;
};

TEST_F(RunnerVerdicts, EveryEndOfAnActionHasOne) {
  make();
  const expected_verdict table[] = {
      {"success", run_result::success, "did {}"},
      {"retry", run_result::retry, "again"},
      {"failure", run_result::failure, "never"},
      {"throw", run_result::retry, "broken"},
      {"throw_int", run_result::retry, "the action threw int, which is no std::exception"},
      {"exit", run_result::crash, "exited with status 3"},
      {"success", run_result::success, "did {}"},
      {"abort", run_result::crash, "killed by SIGABRT"},
      {"segfault", run_result::crash, "killed by SIGSEGV"},
      {"timed_stubborn", run_result::timeout,
       "timed out after 150ms and did not end when asked to: its runner was killed"},
      {"timed_obedient", run_result::timeout, "timed out after 50ms: as you wish"},
      {"write_garbage", run_result::crash, "the action broke its runner's connection"},
#ifndef __SANITIZE_THREAD__  // a data race, and meant
      {"close_socket", run_result::crash, "exited with status 0"},
#endif
      {"no such thing", run_result::interrupted, "node n1 has no action \"no such thing\""},
      {"thread", run_result::success, "42"},
  };
  std::uint64_t id = 0;
  for (const expected_verdict& e : table) {
    const run_verdict verdict = run(++id, e.name);
    EXPECT_EQ(verdict.result, e.result) << e.name;
    EXPECT_EQ(verdict.message, e.message) << e.name;
    EXPECT_GT(verdict.started_at.time_since_epoch().count(), 0) << e.name;
  }
  EXPECT_EQ(*box.wait_for(2).delay, 7000ms);
  close_and_wait(*executor);
}

TEST_F(RunnerVerdicts, WhatWentWrongIsALineOfErrorWithItsTask) {
  make();
  const std::pair<const char*, const char*> table[] = {
      {"throw", "threw: broken"},
      {"segfault", "crashed: killed by SIGSEGV"},
      {"timed_obedient", "timed out after 50ms: as you wish"},
      {"timed_stubborn", "timed out after 150ms and did not end when asked to: its runner was killed"},
  };
  std::uint64_t id = 0;
  for (const auto& [name, text] : table) {
    run(++id, name);
    EXPECT_TRUE(box.wait_for_line(text)) << name;
    const auto lines = box.lines();
    const auto found = std::find_if(lines.begin(), lines.end(),
                                    [&, text = std::string{text}](const auto& l) { return l.text == text; });
    ASSERT_NE(found, lines.end()) << name;
    EXPECT_EQ(found->level, log_level::error) << name;
    EXPECT_EQ(found->task_name, name);
    EXPECT_EQ(found->stream, "partner");
  }
  close_and_wait(*executor);
}

TEST_F(RunnerVerdicts, LinesAreLoggedWithTheirTask) {
  make();
  EXPECT_EQ(run(1, "log").result, run_result::success);
  ASSERT_TRUE(box.wait_for_line("half way"));
  EXPECT_EQ(box.lines().back().task_id, 1001);
  EXPECT_EQ(box.lines().back().stream, "partner");
}

TEST_F(RunnerVerdicts, BigDataGoesInAndBigMessagesAreCut) {
  make();
  const std::string data = "\"" + std::string(defaults::payload_bytes - 2, 'd') + "\"";
  EXPECT_EQ(run(1, "success", data).result, run_result::success);
  EXPECT_EQ(run(2, "big_message").message.size(), defaults::message_bytes);
  EXPECT_EQ(run(3, "success", "\"" + std::string(3 * defaults::payload_bytes, 'd') + "\"").result,
            run_result::failure);
}

TEST_F(RunnerVerdicts, RunsBesideEachOtherUpToTheConcurrency) {
  make(test_options(64));
  for (std::uint64_t id = 1; id <= 64; ++id) executor->start(request(id, "obedient"));
  executor->start(request(65, "success"));
  EXPECT_FALSE(eventually([&] { return box.verdicts() > 0; }, 200ms));
  executor->interrupt(1, 10s);
  EXPECT_EQ(box.wait_for(1).result, run_result::interrupted);
  EXPECT_EQ(box.wait_for(65).result, run_result::success);
  executor->close(10s);
  for (std::uint64_t id = 2; id <= 64; ++id)
    EXPECT_EQ(box.wait_for(id).result, run_result::interrupted) << id;
  EXPECT_TRUE(eventually([&] { return executor->closed(); }));
}

TEST_F(RunnerVerdicts, ACrashTakesThoseBesideItAndLosesNoneThatWaits) {
  make(test_options(2));
  executor->start(request(1, "stubborn"));
  executor->start(request(2, "segfault"));
  executor->start(request(3, "success"));
  EXPECT_EQ(box.wait_for(2).result, run_result::crash);
  EXPECT_EQ(box.wait_for(1).result, run_result::crash);
  EXPECT_EQ(box.wait_for(3).result, run_result::success);
}

TEST_F(RunnerVerdicts, ATimeoutInterruptsThoseBesideIt) {
  make(test_options(2));
  executor->start(request(1, "stubborn"));
  executor->start(request(2, "timed_stubborn"));
  EXPECT_EQ(box.wait_for(2).result, run_result::timeout);
  EXPECT_EQ(box.wait_for(1).result, run_result::interrupted);
}

TEST_F(RunnerVerdicts, AnInterruptKillsAfterItsGrace) {
  make();
  executor->start(request(1, "stubborn"));
  executor->start(request(2, "success"));
  EXPECT_TRUE(box.wait_for_line("begun"));
  executor->interrupt(1, 50ms);
  EXPECT_EQ(box.wait_for(1).message, "interrupted and did not end when asked to: its runner was killed");
  EXPECT_EQ(box.wait_for(2).result, run_result::success);
  executor->interrupt(99, 0ms);
}

TEST_F(RunnerVerdicts, ARunThatWaitsIsInterruptedAtOnce) {
  make();
  executor->start(request(1, "stubborn"));
  executor->start(request(2, "success"));
  executor->interrupt(2, 1h);
  EXPECT_EQ(box.wait_for(2).result, run_result::interrupted);
  close_and_wait(*executor);
  EXPECT_EQ(box.wait_for(1).result, run_result::interrupted);
}

TEST_F(RunnerVerdicts, CloseLetsRunsEndByThemselvesWithinTheGrace) {
  make();
  executor->start(request(1, "obedient"));
  EXPECT_TRUE(box.wait_for_line("begun"));
  close_and_wait(*executor, 10s);
  EXPECT_EQ(box.wait_for(1).message, "as you wish");
  executor->start(request(2, "success"));
  EXPECT_EQ(box.wait_for(2).result, run_result::interrupted);
}

TEST_F(RunnerVerdicts, DestroyingGivesEveryVerdictStillOwed) {
  make();
  executor->start(request(1, "stubborn"));
  executor->start(request(2, "success"));
  EXPECT_TRUE(eventually([&] { return executor->pid() != 0; }));
  executor.reset();
  EXPECT_EQ(box.verdicts(), 2U);
  EXPECT_EQ(box.wait_for(1).result, run_result::interrupted);
  EXPECT_EQ(box.wait_for(2).result, run_result::interrupted);
}

TEST_F(RunnerVerdicts, ARunnerThatCannotStartIsTriedAgainAndSaysSo) {
  ::setenv("WEIR_TEST_DIE_EARLY", "1", 1);
  make();
  executor->start(request(1, "success"));
  EXPECT_TRUE(box.wait_for_line("exited with status 78 before it could run anything"));
  EXPECT_EQ(box.verdicts(), 0U);
  ::unsetenv("WEIR_TEST_DIE_EARLY");
  EXPECT_EQ(box.wait_for(1).result, run_result::success);
}

TEST_F(RunnerVerdicts, AProgramThatHasThreadsAlreadyServesAsWell) {
  ::setenv("WEIR_TEST_EARLY_THREAD", "1", 1);
  make();
  EXPECT_EQ(run(1, "success").result, run_result::success);
  EXPECT_EQ(run(2, "segfault").message, "killed by SIGSEGV");
  EXPECT_EQ(run(3, "thread").result, run_result::success);
  close_and_wait(*executor);
  ::unsetenv("WEIR_TEST_EARLY_THREAD");
}

TEST_F(RunnerVerdicts, PoliteSignalsToTheWholeGroupAreTheNodesBusiness) {
  make();
  EXPECT_EQ(run(1, "success").result, run_result::success);
  executor->start(request(2, "obedient"));
  EXPECT_TRUE(box.wait_for_line("begun"));
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) ::kill(-executor->pid(), number);
  EXPECT_FALSE(eventually([&] { return box.verdicts() > 1; }, 100ms));
  close_and_wait(*executor, 10s);
  EXPECT_EQ(box.wait_for(2).message, "as you wish");
}

}  // namespace
}  // namespace weir::runner
