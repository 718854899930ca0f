// Open and close hooks in a runner process: they and the actions share its memory.
#include <gtest/gtest.h>

#include "helper.hpp"
#include "odd_actions.hpp"
#include "runner/process_executor.hpp"
#include "support.hpp"

namespace weir::runner {
namespace {

using domain::run_result;

/// The stream "hooked" has hooks in this program's runners, see odd_hooks().
struct HookedRunner : testing::Test {
  verdict_box box;
  std::unique_ptr<process_executor> executor;

  void SetUp() override {
    process_options options = test_options();
    options.stream = "hooked";
    options.hooked = true;
    executor = std::make_unique<process_executor>(odd_actions(), options, box.taker(), box.log_taker());
    executor->extend(far_away());
  }
  std::size_t said(const std::string& text) const {
    const auto lines = box.lines();
    return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const log_line& line) {
      return line.text.find(text) != std::string::npos;
    }));
  }
};

TEST_F(HookedRunner, ComesWithItsStreamAndClosesWithIt) {
  executor->open(7);
  EXPECT_TRUE(box.wait_for_line("opened under 7"));
  EXPECT_GT(executor->pid(), 0);
  executor->start(request(1, "session"));
  EXPECT_EQ(box.wait_for(1).message, "session 1");
  executor->start(request(2, "session"));
  EXPECT_EQ(box.wait_for(2).message, "session 1");
  executor->close(2s);
  EXPECT_TRUE(eventually([&] { return executor->closed(); }));
  EXPECT_EQ(said("opened under 7"), 1U);
  EXPECT_EQ(said("closed under 7"), 1U);
}

TEST_F(HookedRunner, OpensWithTheFirstTaskWhereNobodySaidThatItHasCome) {
  executor->start(request(1, "session"));
  EXPECT_EQ(box.wait_for(1).message, "session 1");
}

TEST_F(HookedRunner, IsOpenedAgainAfterACrashWithoutWaitingForATask) {
  executor->open(7);
  EXPECT_TRUE(box.wait_for_line("opened under 7"));
  executor->start(request(1, "segfault"));
  EXPECT_EQ(box.wait_for(1).result, run_result::crash);
  EXPECT_TRUE(eventually([&] { return said("opened under 7") == 2; }));
  close_and_wait(*executor, 2s);
}

TEST_F(HookedRunner, IsOpenedAgainUnderTheHighestTokenThatWasSeen) {
  executor->open(7);
  EXPECT_TRUE(box.wait_for_line("opened under 7"));
  auto renewed = request(1, "segfault");
  renewed.fencing_token = 9;
  executor->start(std::move(renewed));
  EXPECT_EQ(box.wait_for(1).result, run_result::crash);
  EXPECT_TRUE(box.wait_for_line("opened under 9"));
}

TEST_F(HookedRunner, ThatHangsInItsCloseHookIsKilled) {
  executor->open(7);
  executor->start(request(1, "never_close"));
  EXPECT_EQ(box.wait_for(1).result, run_result::success);
  executor->close(100ms);
  EXPECT_TRUE(eventually([&] { return executor->closed(); }));
  EXPECT_EQ(said("closed under 7"), 0U);
}

TEST_F(HookedRunner, ThatDiesInItsOpenHookIsStartedAgainLessAndLessOften) {
  ::setenv("WEIR_TEST_DIE_OPENING", "1", 1);
  executor->open(7);
  EXPECT_TRUE(box.wait_for_line("a runner process exited with status 9 before it could run anything"));
  ::unsetenv("WEIR_TEST_DIE_OPENING");
  EXPECT_TRUE(box.wait_for_line("opened under 7"));
  EXPECT_LE(said("before it could run anything"), 3U);
}

TEST_F(HookedRunner, HowFarARunWasIsInTheWordsAboutItsEnd) {
  executor->start(request(1, "progress_then_abort"));
  const auto verdict = box.wait_for(1);
  EXPECT_EQ(verdict.result, run_result::crash);
  EXPECT_EQ(verdict.message, "killed by SIGABRT (at 40 %, importing)");
  EXPECT_EQ(said("40 %, importing"), 2U) << "when it was so, and in the error";
  EXPECT_EQ(said("crashed: killed by SIGABRT (at 40 %, importing)"), 1U);
}

}  // namespace
}  // namespace weir::runner
