// A run as a span: what it is called, whom it is tied to, and when it is an error.
#include "app/trace/run_span.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace weir::app::trace {
namespace {

using domain::run_result;
using domain::trace_tie;

constexpr wall_time noon{std::chrono::seconds{1'800'000'000}};

traced_run run_of(trace_tie tie) {
  traced_run run;
  run.trace.own = {{1}, {2}, true};
  run.trace.producer = tie;
  run.producer = domain::trace_context{{3}, {4}, true};
  run.task_id = 9'007'199'254'740'993;
  run.name = "mail";
  run.attempt = 2;
  return run;
}

domain::run_verdict verdict_of(run_result result) {
  domain::run_verdict verdict;
  verdict.result = result;
  verdict.message = "said so";
  verdict.started_at = noon;
  verdict.took = std::chrono::milliseconds{1500};
  return verdict;
}

std::optional<std::string> text_in(const span& made, const std::string& name) {
  const auto found = std::find_if(made.attributes.begin(), made.attributes.end(),
                                  [&](const span_attribute& each) { return each.name == name; });
  if (found == made.attributes.end()) return std::nullopt;
  return std::get<std::string>(found->value);
}

TEST(RunSpan, HasTheTimesOfTheRunAndTheNamesOfItsTask) {
  const auto made = span_of(run_of(trace_tie::link), "partner", verdict_of(run_result::success));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->name, "process partner");
  EXPECT_EQ(made->started_at, noon);
  EXPECT_EQ(made->ended_at, noon + std::chrono::milliseconds{1500});
  EXPECT_EQ(text_in(*made, "messaging.message.id"), "9007199254740993");
  EXPECT_EQ(text_in(*made, "weir.task.name"), "mail");
  EXPECT_EQ(text_in(*made, "weir.task.key"), std::nullopt) << "it has none";
  EXPECT_EQ(text_in(*made, "weir.result"), "success");
}

TEST(RunSpan, IsTiedToItsProducerAsTheRuleDecided) {
  const auto linked = span_of(run_of(trace_tie::link), "s", verdict_of(run_result::success));
  EXPECT_EQ(linked->link, run_of(trace_tie::link).producer);
  EXPECT_EQ(linked->parent, std::nullopt);
  const auto child = span_of(run_of(trace_tie::parent), "s", verdict_of(run_result::success));
  EXPECT_EQ(child->link, std::nullopt);
  EXPECT_EQ(child->parent, run_of(trace_tie::parent).producer->span_id);
}

TEST(RunSpan, OfARunThatWentWrongIsAnErrorAndSaysWhy) {
  for (const auto result : {run_result::retry, run_result::failure, run_result::timeout, run_result::crash,
                            run_result::interrupted}) {
    const auto made = span_of(run_of(trace_tie::none), "s", verdict_of(result));
    EXPECT_TRUE(made->failed);
    EXPECT_EQ(made->message, "said so");
    EXPECT_EQ(text_in(*made, "error.type"), domain::to_string(result));
  }
  for (const auto result : {run_result::success, run_result::snooze, run_result::cancel}) {
    const auto made = span_of(run_of(trace_tie::none), "s", verdict_of(result));
    EXPECT_FALSE(made->failed) << "an answer is no error";
    EXPECT_EQ(text_in(*made, "error.type"), std::nullopt);
  }
}

TEST(RunSpan, ThereIsNoneOfARunThatNeverBegan) {
  auto verdict = verdict_of(run_result::interrupted);
  verdict.took = std::chrono::milliseconds{0};
  EXPECT_FALSE(span_of(run_of(trace_tie::none), "s", verdict).has_value());
}

}  // namespace
}  // namespace weir::app::trace
