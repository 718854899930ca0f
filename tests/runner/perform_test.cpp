// One run in this thread: every way an action can end.
#include "runner/perform.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

#include "runner/crashed.hpp"
#include "support.hpp"

namespace weir::runner {
namespace {

using domain::run_result;
using domain::run_verdict;

/// An executor's side of one run.
struct side {
  std::shared_ptr<shared_instant> owned = std::make_shared<shared_instant>();
  run_control control{owned};
  verdict_box box;

  side() { owned->set(far_away()); }
  run_verdict run(action perform_it, std::string data = "{}") {
    action_table table;
    table["x"] = {std::move(perform_it), {}};
    table["x"].options.timeout = 90s;
    return perform(table, request(5, "x", std::move(data)), "n1", control, box.log_taker());
  }
};

struct end_case {
  const char* what;
  action perform;
  run_result expected;
  std::string message;
  std::optional<std::chrono::milliseconds> delay;
};

TEST(Perform, EveryEndHasItsVerdict) {
  struct wordless : std::exception {
    const char* what() const noexcept override { return ""; }
  };
  const end_case table[] = {
      {"success",
       [](const task&, context&) { return outcome::success("ok"); },
       run_result::success,
       "ok",
       {}},
      {"retry",
       [](const task&, context&) { return outcome::retry("later"); },
       run_result::retry,
       "later",
       {}},
      {"retry after", [](const task&, context&) { return outcome::retry("r", 5s); }, run_result::retry, "r",
       5000ms},
      {"retry in the past", [](const task&, context&) { return outcome::retry("r", -5s); }, run_result::retry,
       "r", 0ms},
      {"failure",
       [](const task&, context&) { return outcome::failure("no"); },
       run_result::failure,
       "no",
       {}},
      {"snooze", [](const task&, context&) { return outcome::snooze(2s); }, run_result::snooze, "", 2000ms},
      {"snooze of nothing", [](const task&, context&) { return outcome::snooze(0s); }, run_result::snooze, "",
       1ms},
      {"cancel", [](const task&, context&) { return outcome::cancel("c"); }, run_result::cancel, "c", {}},
      {"throw",
       [](const task&, context&) -> outcome { throw std::runtime_error{"broken"}; },
       run_result::retry,
       "broken",
       {}},
      {"throw without a word",
       [](const task&, context&) -> outcome { throw wordless{}; },
       run_result::retry,
       "",
       {}},
      {"throw an int",
       [](const task&, context&) -> outcome { throw 5; },
       run_result::retry,
       "the action threw int, which is no std::exception",
       {}},
      {"crash",
       [](const task&, context&) -> outcome { throw crashed{"killed by SIGSEGV"}; },
       run_result::crash,
       "killed by SIGSEGV",
       {}},
      {"nothing registered", action{}, run_result::retry, "bad_function_call", {}},
  };
  for (const end_case& c : table) {
    const run_verdict verdict = side{}.run(c.perform);
    EXPECT_EQ(verdict.run_id, 5U) << c.what;
    EXPECT_EQ(verdict.result, c.expected) << c.what;
    if (c.message.empty() && c.what == std::string{"throw without a word"}) {
      EXPECT_NE(verdict.message.find("wordless"), std::string::npos) << verdict.message;
    } else {
      EXPECT_EQ(verdict.message, c.message) << c.what;
    }
    EXPECT_EQ(verdict.delay, c.delay) << c.what;
    EXPECT_GT(verdict.started_at.time_since_epoch().count(), 0) << c.what;
  }
}

/// For the node's error handler: what an action did wrong, not what it answered.
TEST(Perform, WhatAnActionDidWrongIsALineOfError) {
  struct wrong_case {
    action perform;
    std::string line;
  };
  const wrong_case table[] = {
      {[](const task&, context&) -> outcome { throw std::runtime_error{"broken"}; }, "threw: broken"},
      {[](const task&, context&) -> outcome { throw 5; },
       "threw: the action threw int, which is no std::exception"},
      {[](const task&, context&) -> outcome { throw crashed{"killed by SIGSEGV"}; },
       "crashed: killed by SIGSEGV"},
      {[](const task&, context&) { return outcome::success(); }, ""},
      {[](const task&, context&) { return outcome::retry("not yet"); }, ""},
      {[](const task&, context&) { return outcome::failure("no"); }, ""},
  };
  for (const wrong_case& c : table) {
    side s;
    s.run(c.perform);
    const auto lines = s.box.lines();
    ASSERT_EQ(lines.size(), c.line.empty() ? 0U : 1U) << c.line;
    if (lines.empty()) continue;
    EXPECT_EQ(lines[0].level, log_level::error);
    EXPECT_EQ(lines[0].text, c.line);
    EXPECT_EQ(lines[0].task_id, 1005);
    EXPECT_EQ(lines[0].stream, "partner");
  }
}

TEST(Perform, AnExceptionAfterTheStopWasAskedForIsNoError) {
  side s;
  s.control.stop();
  EXPECT_EQ(s.run([](const task&, context&) -> outcome { throw std::runtime_error{"cut off"}; }).result,
            run_result::interrupted);
  EXPECT_TRUE(s.box.lines().empty());
}

TEST(Perform, ATimeoutIsALineOfError) {
  side s;
  s.control.set_timeout(boot_clock::now());
  s.run([](const task&, context&) { return outcome::retry("as you wish"); });
  ASSERT_EQ(s.box.lines().size(), 1U);
  EXPECT_EQ(s.box.lines()[0].text, "timed out after 90s: as you wish");
  EXPECT_EQ(s.box.lines()[0].level, log_level::error);
}

TEST(Perform, TheActionSeesItsTaskAndItsContext) {
  side s;
  const run_verdict verdict = s.run(
      [](const task& what, context& ctx) {
        EXPECT_EQ(what.id, 1005);
        EXPECT_EQ(what.name, "x");
        EXPECT_EQ(what.stream, "partner");
        EXPECT_FALSE(what.key.has_value());
        EXPECT_EQ(what.created_by, "test");
        EXPECT_EQ(what.attempt, 1);
        EXPECT_EQ(ctx.attempt(), 1);
        EXPECT_EQ(ctx.fencing_token(), 77U);
        EXPECT_EQ(ctx.node(), "n1");
        EXPECT_FALSE(ctx.stop_requested());
        EXPECT_GT(ctx.deadline(), boot_clock::now());
        ctx.log("half way");
        return outcome::success(what.data.at("id").get<std::string>());
      },
      R"({"id":"42"})");
  EXPECT_EQ(verdict.message, "42");
  ASSERT_EQ(s.box.lines().size(), 1U);
  EXPECT_EQ(s.box.lines()[0].text, "half way");
  EXPECT_EQ(s.box.lines()[0].task_id, 1005);
  EXPECT_EQ(s.box.lines()[0].task_name, "x");
}

TEST(Perform, ANameNobodyPerformsIsLeftToTheNode) {
  side s;
  const run_verdict verdict = perform({}, request(1, "unknown"), "n1", s.control, {});
  EXPECT_EQ(verdict.result, run_result::interrupted);
  EXPECT_EQ(verdict.message, "node n1 has no action \"unknown\"");
}

TEST(Perform, DataThatIsNoJsonFails) {
  EXPECT_EQ(side{}.run([](const task&, context&) { return outcome::success(); }, "{").result,
            run_result::failure);
}

TEST(Perform, MessagesAreCutAndMadeText) {
  const run_verdict verdict =
      side{}.run([](const task&, context&) { return outcome::success(std::string(1'000'000, '\xff')); });
  EXPECT_LE(verdict.message.size(), 2000U);
  EXPECT_EQ(verdict.message.find('\xff'), std::string::npos);
}

TEST(Perform, ARetryAfterTheStopWasAskedForIsInterrupted) {
  side s;
  s.control.stop();
  EXPECT_EQ(s.run([](const task&, context& ctx) {
               EXPECT_TRUE(ctx.stop_requested());
               return outcome::retry("stopping", 5s);
             }).result,
            run_result::interrupted);
}

TEST(Perform, ARetryAfterItsTimeoutIsATimeout) {
  side s;
  s.control.set_timeout(boot_clock::now());
  const run_verdict verdict =
      s.run([](const task&, context&) -> outcome { throw std::runtime_error{"cut off"}; });
  EXPECT_EQ(verdict.result, run_result::timeout);
  EXPECT_EQ(verdict.message, "timed out after 90s: cut off");
}

TEST(Perform, ARetryAfterOwnershipEndedIsInterrupted) {
  side s;
  s.owned->set(boot_clock::now());
  EXPECT_EQ(s.run([](const task&, context&) { return outcome::retry(); }).result, run_result::interrupted);
}

TEST(Perform, ASuccessStandsHoweverLateItIs) {
  side s;
  s.control.stop();
  s.control.set_timeout(boot_clock::now());
  EXPECT_EQ(s.run([](const task&, context&) { return outcome::success(); }).result, run_result::success);
}

}  // namespace
}  // namespace weir::runner
