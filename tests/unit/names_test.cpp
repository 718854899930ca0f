// Every enumeration is spelt as the interface says and read back as itself.
#include "domain/names.hpp"

#include <gtest/gtest.h>
#include <weir/forbidden.hpp>
#include <weir/result.hpp>

namespace weir {
namespace {

TEST(TaskStateName, IsTheSeedsSpelling) {
  const struct {
    task_state state;
    const char* name;
  } cases[] = {{task_state::ready, "READY"},   {task_state::in_progress, "IN PROGRESS"},
               {task_state::retry, "RETRY"},   {task_state::done, "DONE"},
               {task_state::failed, "FAILED"}, {task_state::cancelled, "CANCELLED"}};
  for (const auto& c : cases) {
    EXPECT_STREQ(to_string(c.state), c.name);
    EXPECT_EQ(parse_task_state(c.name), c.state);
  }
}

TEST(TaskStateName, IsReadInAnyCaseAndWithUnderscore) {
  EXPECT_EQ(parse_task_state("in_progress"), task_state::in_progress);
  EXPECT_EQ(parse_task_state("In Progress"), task_state::in_progress);
  EXPECT_EQ(parse_task_state("done"), task_state::done);
  for (const char* unknown : {"", "DONE ", "INPROGRESS", "running", "cancelled!", "d\xC3\xB6ne"}) {
    EXPECT_FALSE(parse_task_state(unknown)) << unknown;
  }
}

TEST(NodeStateName, IsReadBack) {
  const struct {
    node_state state;
    const char* name;
  } cases[] = {{node_state::joining, "joining"},
               {node_state::active, "active"},
               {node_state::draining, "draining"},
               {node_state::stopped, "stopped"},
               {node_state::dead, "dead"}};
  for (const auto& c : cases) {
    EXPECT_STREQ(to_string(c.state), c.name);
    EXPECT_EQ(parse_node_state(c.name), c.state);
  }
  EXPECT_FALSE(parse_node_state("Active"));
  EXPECT_FALSE(parse_node_state(""));
}

TEST(SettingName, IsReadBack) {
  for (const auto mode : {stream_mode::single, stream_mode::parallel}) {
    EXPECT_EQ(parse_stream_mode(to_string(mode)), mode);
  }
  for (const auto policy : {pin_policy::strict, pin_policy::prefer}) {
    EXPECT_EQ(parse_pin_policy(to_string(policy)), policy);
  }
  for (const auto where : {isolation::process, isolation::thread}) {
    EXPECT_EQ(parse_isolation(to_string(where)), where);
  }
  for (const auto policy : {missed_policy::skip, missed_policy::once, missed_policy::all}) {
    EXPECT_EQ(parse_missed_policy(to_string(policy)), policy);
  }
  EXPECT_STREQ(to_string(stream_mode::single), "single");
  EXPECT_STREQ(to_string(pin_policy::prefer), "prefer");
  EXPECT_STREQ(to_string(isolation::thread), "thread");
  EXPECT_FALSE(parse_stream_mode("Single"));
  EXPECT_FALSE(parse_pin_policy(""));
  EXPECT_FALSE(parse_isolation("threads"));
}

TEST(RunResultName, IsReadBackFromWordAndLetter) {
  using domain::run_result;
  const struct {
    run_result result;
    const char* word;
    char letter;
  } cases[] = {{run_result::success, "success", 'd'},       {run_result::retry, "retry", 'r'},
               {run_result::failure, "failure", 'f'},       {run_result::snooze, "snooze", 'z'},
               {run_result::cancel, "cancel", 'c'},         {run_result::timeout, "timeout", 't'},
               {run_result::crash, "crash", 'x'},           {run_result::interrupted, "interrupted", 'i'},
               {run_result::superseded, "superseded", 's'}, {run_result::moved, "moved", 'm'}};
  for (const auto& c : cases) {
    EXPECT_STREQ(to_string(c.result), c.word);
    EXPECT_EQ(domain::parse_run_result(c.word), c.result);
    EXPECT_EQ(domain::run_result_of(c.letter), c.result);
  }
  EXPECT_STREQ(to_string(run_result::last_crash), "crash") << "people read the same word";
  EXPECT_EQ(domain::run_result_of('X'), run_result::last_crash);
  EXPECT_FALSE(domain::parse_run_result("ok"));
  EXPECT_FALSE(domain::run_result_of('\0'));
  EXPECT_FALSE(domain::run_result_of('D'));
}

TEST(ErrorName, IsItsIdentifier) {
  EXPECT_STREQ(to_string(errc::unavailable), "unavailable");
  EXPECT_STREQ(to_string(errc::in_doubt), "in_doubt");
  EXPECT_STREQ(to_string(errc::schema_mismatch), "schema_mismatch");
  EXPECT_STREQ(to_string(errc::internal), "internal");
  EXPECT_STREQ(to_string(forbidden), "forbidden");
}

TEST(AssertionDeathTest, NamesTheConditionAndThePlace) {
  EXPECT_DEATH(WEIR_ASSERT(1 + 1 == 3), "assertion failed: 1 \\+ 1 == 3 .*names_test.cpp:");
}

}  // namespace
}  // namespace weir
