// Open and close hooks on threads: when they are called, and what waits for them.
#include <mutex>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "runner/session_term.hpp"
#include "runner/thread_pool.hpp"
#include "support.hpp"

namespace weir::runner {
namespace {

using domain::run_result;

/// What happened, in order, from any thread.
class diary {
 public:
  void note(std::string what) {
    const std::lock_guard lock{mutex_};
    lines_.push_back(std::move(what));
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock{mutex_};
    return lines_;
  }
  bool wait_for(const std::string& last) const {
    return eventually([&] { return !lines().empty() && lines().back() == last; });
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

struct StreamHooks : testing::Test {
  diary seen;
  verdict_box box;
  std::unique_ptr<thread_executor> executor;
  std::atomic<int> refusals{0};  ///< so often the open hook throws

  void SetUp() override { make(true); }

  void make(bool wait_for_abandoned) {
    action_table table;
    table["ok"] = {[this](const task& what, context&) {
                     seen.note("task " + std::to_string(what.id));
                     return outcome::success();
                   },
                   {}};
    table["obedient"] = {[this](const task&, context& ctx) {
                           seen.note("begun");
                           while (!ctx.stop_requested()) std::this_thread::yield();
                           seen.note("ended");
                           return outcome::retry("as you wish");
                         },
                         {}};
    thread_options options;
    options.node = "n1";
    options.threads = 4;
    options.wait_for_abandoned = wait_for_abandoned;
    options.term.stream = "partner";
    options.term.node = "n1";
    options.term.hooks.open = [this](stream_context& ctx) {
      if (refusals > 0) {
        --refusals;
        throw std::runtime_error{"wrong password"};
      }
      ctx.log("logged in");
      seen.note("open " + ctx.stream() + " on " + ctx.node() + " under " +
                std::to_string(ctx.fencing_token()));
    };
    options.term.hooks.close = [this](stream_context& ctx) {
      seen.note("close under " + std::to_string(ctx.fencing_token()));
    };
    executor = std::make_unique<thread_executor>(table, options, box.taker(), box.log_taker());
  }
  void start(std::uint64_t id, const std::string& name = "ok") {
    auto wanted = request(id, name);
    wanted.fencing_token = 7;
    executor->start(std::move(wanted));
  }
  void close() {
    executor->close(100ms);
    EXPECT_TRUE(eventually([&] { return executor->closed(); }));
  }
};

using lines = std::vector<std::string>;

TEST_F(StreamHooks, AStreamIsOpenedWhenItComesEvenWithoutATask) {
  executor->extend(far_away());
  executor->open(7);
  EXPECT_TRUE(seen.wait_for("open partner on n1 under 7"));
  EXPECT_TRUE(box.wait_for_line("logged in"));
  close();
  EXPECT_EQ(seen.lines(), (lines{"open partner on n1 under 7", "close under 7"}));
}

TEST_F(StreamHooks, OpensOnceBeforeTheFirstTaskAndClosesOnceAfterTheLast) {
  executor->extend(far_away());
  for (std::uint64_t id = 1; id <= 20; ++id) start(id);
  for (std::uint64_t id = 1; id <= 20; ++id) EXPECT_EQ(box.wait_for(id).result, run_result::success);
  close();
  const auto all = seen.lines();
  ASSERT_EQ(all.size(), 22U);
  EXPECT_EQ(all.front(), "open partner on n1 under 7");
  EXPECT_EQ(all.back(), "close under 7");
}

TEST_F(StreamHooks, ATermThatNobodyWantedHasNoHooksCalled) {
  executor->extend(far_away());
  close();
  EXPECT_EQ(seen.lines(), lines{});
}

TEST_F(StreamHooks, NothingIsOpenedBeforeADeadlineIsPromised) {
  executor->open(7);
  EXPECT_FALSE(eventually([&] { return !seen.lines().empty(); }, 50ms));
  executor->extend(far_away());
  EXPECT_TRUE(seen.wait_for("open partner on n1 under 7"));
}

TEST_F(StreamHooks, TasksWaitUntilTheOpenHookSucceeds) {
  refusals = 1;
  executor->extend(far_away());
  start(1);
  EXPECT_TRUE(box.wait_for_line("wrong password"));
  EXPECT_EQ(box.verdicts(), 0U);
  EXPECT_EQ(box.wait_for(1).result, run_result::success);
  EXPECT_EQ(seen.lines(), (lines{"open partner on n1 under 7", "task 1001"}));
}

TEST_F(StreamHooks, AStreamThatCouldNotBeOpenedLeavesWithoutAGoodbye) {
  refusals = 1'000'000;
  executor->extend(far_away());
  executor->open(7);
  EXPECT_TRUE(box.wait_for_line("wrong password"));
  close();
  EXPECT_EQ(seen.lines(), lines{});
}

TEST_F(StreamHooks, TheGoodbyeComesAfterTheRunThatWasAskedToEnd) {
  executor->extend(far_away());
  start(1, "obedient");
  EXPECT_TRUE(seen.wait_for("begun"));
  close();
  EXPECT_EQ(seen.lines(), (lines{"open partner on n1 under 7", "begun", "ended", "close under 7"}));
}

TEST_F(StreamHooks, NoGoodbyeIsSaidOnceTheOwnershipHasEnded) {
  executor->extend(far_away());
  executor->open(7);
  EXPECT_TRUE(seen.wait_for("open partner on n1 under 7"));
  executor->extend(boot_clock::now() - 1s);
  close();
  EXPECT_EQ(seen.lines(), lines{"open partner on n1 under 7"});
}

TEST(SessionTerm, WaitsTwiceAsLongAfterEachRefusalUpToAMinute) {
  session_term term{true};
  term.want();
  boot_time now{};
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 8; ++i) {
    EXPECT_TRUE(term.open_due(now));
    term.begin_open();
    term.opened(false, now);
    pauses.push_back(std::chrono::duration_cast<std::chrono::seconds>(term.next_try() - now).count());
    EXPECT_FALSE(term.open_due(term.next_try() - 1ms));
    now = term.next_try();
  }
  EXPECT_EQ(pauses, (std::vector<std::int64_t>{1, 2, 4, 8, 16, 32, 60, 60}));
  term.begin_open();
  term.opened(true, now);
  EXPECT_TRUE(term.ready());
}

TEST(SessionTerm, WithoutHooksIsAlwaysReadyAndNeverDue) {
  session_term term{false};
  term.want();
  EXPECT_TRUE(term.ready());
  EXPECT_FALSE(term.open_due(boot_time::max()));
  EXPECT_FALSE(term.close_due());
}

}  // namespace
}  // namespace weir::runner
