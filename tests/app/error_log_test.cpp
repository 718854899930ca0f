// What a program's error handler sees, and what the log shows of it.
#include "app/error_log.hpp"

#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace weir::app {
namespace {

using runner::log_level;
using runner::log_line;

struct ErrorLog : testing::Test {
  std::vector<error> seen;
  std::vector<log_line> logged;
  error_log errors{[this](const error& why) { seen.push_back(why); }};
  runner::log_sink sink = errors.about_runs([this](const log_line& line) { logged.push_back(line); });

  static log_line about(std::int64_t task, log_level level, std::string text) {
    return {level, "partner", task, "push", 2, std::move(text)};
  }
};

TEST_F(ErrorLog, HandsOnEachErrorHoweverOftenItHappens) {
  for (int n = 0; n < 3; ++n) errors.show({errc::unavailable, "the database is away"});
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[2].code, errc::unavailable);
}

TEST_F(ErrorLog, HandsOnWhatActionsDidWrongWithTheirTask) {
  sink(about(7, log_level::error, "threw: no such customer"));
  sink(about(0, log_level::error, "cannot be opened"));
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].code, action_failed);
  EXPECT_EQ(seen[0].message, "stream partner task 7 push attempt 2: threw: no such customer");
  EXPECT_EQ(seen[1].message, "stream partner: cannot be opened");
}

TEST_F(ErrorLog, WhatActionsSayIsNoError) {
  sink(about(7, log_level::info, "half way"));
  sink(about(7, log_level::progress, "50 %"));
  EXPECT_TRUE(seen.empty());
  EXPECT_EQ(logged.size(), 2U);
}

TEST_F(ErrorLog, LogsTheSameMistakeOfManyTasksOnce) {
  for (int task = 1; task <= 100; ++task) sink(about(task, log_level::error, "threw: login refused"));
  EXPECT_EQ(logged.size(), 1U);
  EXPECT_EQ(seen.size(), 100U);
}

TEST_F(ErrorLog, SurvivesAHandlerThatThrows) {
  error_log hostile{[](const error&) { throw std::runtime_error{"oh"}; }};
  hostile.show({errc::unavailable, "the database is away"});
  error_log odd{[](const error&) { throw 5; }};
  odd.about_runs([](const log_line&) {})(about(7, log_level::error, "threw: x"));
}

TEST_F(ErrorLog, NeedsNoHandler) {
  error_log none{{}};
  none.show({errc::unavailable, "the database is away"});
}

}  // namespace
}  // namespace weir::app
