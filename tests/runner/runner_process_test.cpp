// The node's end of a runner's socket: what waits while the runner does not read, and in which order it goes.
#include "runner/runner_process.hpp"

#include <poll.h>

#include <csignal>
#include <memory>
#include <variant>

#include <gtest/gtest.h>

#include "helper.hpp"
#include "support.hpp"

namespace weir::runner {
namespace {

constexpr std::size_t big = std::size_t{1} << 20U;  // several times what a socket takes

/// One runner without an executor around it: what the loop does is done here, step by step.
struct RunnerProcess : testing::Test {
  std::unique_ptr<runner_process> child;
  std::vector<boot_time> armed;
  std::vector<std::uint64_t> started, ended;
  std::size_t started_before = 0;  ///< the deadline armed last

  void SetUp() override {
    invitation invited;
    invited.stream = "partner";
    invited.node = "n1";
    invited.payload_limit = big;
    auto made = runner_process::start(invited);
    ASSERT_TRUE(made) << made.error().message;
    child = std::move(*made);
  }
  /// Writes and reads until `done`.
  bool carry_on(const std::function<bool()>& done) {
    return eventually([&] {
      child->flush();
      for (const frame& heard : child->receive().frames) {
        if (const auto* a = std::get_if<armed_frame>(&heard)) {
          armed.push_back(a->deadline);
          started_before = started.size();
        }
        if (const auto* s = std::get_if<started_frame>(&heard)) started.push_back(s->run_id);
        if (const auto* v = std::get_if<domain::run_verdict>(&heard)) ended.push_back(v->run_id);
      }
      return done();
    });
  }
  void send_big(std::uint64_t id) {
    child->send(frame{request(id, "success", nlohmann::json(std::string(big / 2, 'x')).dump())});
  }
  /// Everything that could read: guard, init, runner.
  void signal_all(int number) {
    std::vector<pid_t> all = descendants(child->pid());
    all.push_back(child->pid());
    for (const pid_t pid : all) ::kill(pid, number);
  }
};

TEST_F(RunnerProcess, KeepsTheNewestDeadlineWhileThePipeIsFull) {
  const boot_time first = far_away();
  child->extend(first);
  ASSERT_TRUE(carry_on([&] { return armed == std::vector<boot_time>{first}; }));

  signal_all(SIGSTOP);
  for (std::uint64_t id = 1; id <= 3; ++id) send_big(id);
  child->flush();
  ASSERT_TRUE(child->wants_to_write()) << "the socket took everything: the test proves nothing";
  for (int n = 1; n <= 3; ++n) {
    child->extend(first + n * 1h);
    child->flush();
    EXPECT_TRUE(child->wants_to_write());
  }

  signal_all(SIGCONT);
  ASSERT_TRUE(carry_on([&] { return armed.size() > 1 || ended.size() == 3; }));
  ASSERT_EQ(armed.size(), 2U) << "the deadline was lost";
  EXPECT_EQ(armed[1], first + 3h) << "older ones are of no use to anybody";
  EXPECT_LE(started_before, 1U) << "it goes before everything that waits, but for what is half written";
  EXPECT_TRUE(carry_on([&] { return ended.size() == 3; })) << "no frame was torn";
  EXPECT_EQ(armed.size(), 2U);
}

TEST_F(RunnerProcess, SendsADeadlineBeforeWhatWaits) {
  signal_all(SIGSTOP);
  send_big(1);
  child->extend(far_away());
  signal_all(SIGCONT);
  EXPECT_TRUE(carry_on([&] { return ended.size() == 1; })) << "without a deadline nothing runs";
  EXPECT_EQ(armed.size(), 1U);
}

TEST_F(RunnerProcess, DropsWhatWaitsForARunnerThatIsGone) {
  send_big(1);
  signal_all(SIGKILL);
  ASSERT_TRUE(carry_on([&] { return child->ended().has_value(); }));
  child->extend(far_away());
  // The guard is gone; the runner below it holds its end of the socket until the kernel has taken it apart.
  EXPECT_TRUE(carry_on([&] { return !child->wants_to_write(); })) << "the loop would turn for ever";
}

}  // namespace
}  // namespace weir::runner
