// What a run's verdict leads to: a row a verdict, by the rules of its action.
#include "cluster/verdict_rules.hpp"

#include <string>

#include <gtest/gtest.h>

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using domain::run_result;
using std::chrono::milliseconds;

/// Three attempts, 10 s and then 20 s apart; two crashes.
action_options listed() {
  action_options options;
  options.retry.kind = retry_policy::shape::list;
  options.retry.delays = {10s, 20s};
  options.retry.max_attempts = 3;
  options.max_crashes = 2;
  return options;
}

domain::run_verdict verdict(run_result result, std::optional<milliseconds> delay = {},
                            std::string message = "m") {
  domain::run_verdict v;
  v.result = result;
  v.delay = delay;
  v.message = std::move(message);
  return v;
}

TEST(VerdictRules, TurnsEachVerdictIntoWhatIsWritten) {
  using delay = std::optional<milliseconds>;
  const struct {
    const char* what;
    run_result result;
    delay asked;
    int attempts, crashes;  // used up before
    run_result written;
    delay again_in;
    char open_state;
    bool counts_attempt, counts_crash;
    const char* message;
  } cases[] = {
      {"success ends it", run_result::success, {}, 0, 0, run_result::success, {}, 0, false, false, "m"},
      {"failure is for good", run_result::failure, {}, 0, 0, run_result::failure, {}, 0, false, false, "m"},
      {"cancel ends it", run_result::cancel, {}, 1, 1, run_result::cancel, {}, 0, false, false, "m"},
      {"an end has no delay", run_result::success, 5s, 0, 0, run_result::success, {}, 0, false, false, "m"},
      {"first retry", run_result::retry, {}, 0, 0, run_result::retry, 10s, 'r', true, false, "m"},
      {"second retry", run_result::retry, {}, 1, 0, run_result::retry, 20s, 'r', true, false, "m"},
      {"crashes are not attempts",
       run_result::retry,
       {},
       1,
       9,
       run_result::retry,
       20s,
       'r',
       true,
       false,
       "m"},
      {"own delay", run_result::retry, 3s, 0, 0, run_result::retry, 3s, 'r', true, false, "m"},
      {"own delay of none", run_result::retry, 0s, 0, 0, run_result::retry, 0s, 'r', true, false, "m"},
      {"used up",
       run_result::retry,
       {},
       2,
       0,
       run_result::failure,
       {},
       0,
       true,
       false,
       "gave up after 3 attempts: m"},
      {"own delay saves no attempt",
       run_result::retry,
       3s,
       2,
       0,
       run_result::failure,
       {},
       0,
       true,
       false,
       "gave up after 3 attempts: m"},
      {"timeout", run_result::timeout, {}, 0, 0, run_result::timeout, 10s, 'r', true, false, "m"},
      {"last timeout",
       run_result::timeout,
       {},
       2,
       0,
       run_result::failure,
       {},
       0,
       true,
       false,
       "gave up after 3 attempts: m"},
      {"snooze", run_result::snooze, 7s, 0, 0, run_result::snooze, 7s, 'w', false, false, "m"},
      {"snooze without a time", run_result::snooze, {}, 0, 0, run_result::snooze, 1s, 'w', false, false, "m"},
      {"snooze counts nothing", run_result::snooze, 7s, 99, 99, run_result::snooze, 7s, 'w', false, false,
       "m"},
      {"interrupted",
       run_result::interrupted,
       {},
       99,
       99,
       run_result::interrupted,
       0s,
       'w',
       false,
       false,
       "m"},
      {"first crash",
       run_result::crash,
       {},
       0,
       0,
       run_result::crash,
       10s,
       'r',
       false,
       true,
       "crashed (1 of 2): m"},
      {"attempts are not crashes",
       run_result::crash,
       {},
       99,
       0,
       run_result::crash,
       10s,
       'r',
       false,
       true,
       "crashed (1 of 2): m"},
      {"last crash",
       run_result::crash,
       {},
       0,
       1,
       run_result::last_crash,
       {},
       0,
       false,
       true,
       "crashed 2 times: m"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    const settlement how = settle(verdict(c.result, c.asked), c.attempts, c.crashes, listed(), 0.5);
    EXPECT_EQ(how.result, c.written);
    EXPECT_EQ(how.again_in, c.again_in);
    if (c.again_in) {
      EXPECT_EQ(how.open_state, c.open_state);
    }
    EXPECT_EQ(how.counts_attempt, c.counts_attempt);
    EXPECT_EQ(how.counts_crash, c.counts_crash);
    EXPECT_EQ(how.message, c.message);
  }
}

TEST(VerdictRules, CarriesWhenARunBeganAndHowLongItTook) {
  domain::run_verdict v = verdict(run_result::retry);
  v.started_at = wall_time{} + 77s;
  v.took = 123ms;
  const settlement how = settle(v, 0, 0, listed(), 0);
  EXPECT_EQ(how.started_at, v.started_at);
  EXPECT_EQ(how.took, v.took);
}

TEST(VerdictRules, WaitsLongerWithEachCrash) {
  action_options options = listed();
  options.max_crashes = 5;
  EXPECT_EQ(settle(verdict(run_result::crash), 0, 0, options, 0).again_in, 10s);
  EXPECT_EQ(settle(verdict(run_result::crash), 0, 1, options, 0).again_in, 20s);
}

TEST(VerdictRules, HandsItsChanceToTheJitter) {
  action_options options;
  options.retry.kind = retry_policy::shape::exponential;
  options.retry.delays = {8s};
  for (const run_result result : {run_result::retry, run_result::crash}) {
    EXPECT_EQ(settle(verdict(result), 0, 0, options, 0).again_in, 4s);
    EXPECT_EQ(settle(verdict(result), 0, 0, options, 0.5).again_in, 6s);
  }
}

TEST(VerdictRules, RetriesWithoutEndWhereTheActionSaysSo) {
  action_options options = listed();
  options.retry.max_attempts = 0;
  EXPECT_EQ(settle(verdict(run_result::retry), 100000, 0, options, 0).again_in, 20s);
}

TEST(VerdictRules, CutsEveryMessageToWhatTheStoreTakes) {
  const std::string endless(5000, 'x');
  const struct {
    run_result result;
    int attempts, crashes;
  } cases[] = {{run_result::success, 0, 0},
               {run_result::retry, 0, 0},
               {run_result::retry, 2, 0},
               {run_result::crash, 0, 0},
               {run_result::crash, 0, 1}};
  for (const auto& c : cases) {
    const auto how = settle(verdict(c.result, {}, endless), c.attempts, c.crashes, listed(), 0);
    EXPECT_LE(how.message.size(), 2000U) << to_string(c.result) << " " << c.attempts << " " << c.crashes;
    EXPECT_GT(how.message.size(), 1900U);
  }
}

}  // namespace
}  // namespace weir::cluster
