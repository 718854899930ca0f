// Which settings of a declared stream are compared with what is in force.
#include "app/stated_settings.hpp"

#include <gtest/gtest.h>
#include <weir/node.hpp>

#include "config/load.hpp"

namespace weir::app {
namespace {

using namespace std::chrono_literals;

/// As an operator has changed it while it runs.
stream_row changed_since() {
  stream_row row;
  row.name = "mail";
  row.mode = stream_mode::parallel;
  row.partitions = 32;
  row.concurrency = 8;
  row.policy = pin_policy::prefer;
  row.where = isolation::process;
  row.handover_delay = 5s;
  row.async_finish = row.notify = true;
  row.rate = per_second(10);
  row.breaker = {3, 2min};
  return row;
}

void expect_in_force(const stream_declaration& wanted) {
  const stream_row row = changed_since();
  EXPECT_EQ(wanted.partitions, row.partitions);
  EXPECT_EQ(wanted.policy, row.policy);
  EXPECT_EQ(wanted.where, row.where);
  EXPECT_EQ(wanted.handover_delay, row.handover_delay);
  EXPECT_TRUE(wanted.async_finish);
  EXPECT_TRUE(wanted.notify);
  EXPECT_EQ(wanted.rate.starts, row.rate.starts);
  EXPECT_EQ(wanted.breaker.failures, row.breaker.failures);
}

TEST(StatedSettings, OfAFileAreWhatItSays) {
  config::sources from;
  from.environment = {{"WEIR_STREAM__MAIL__MODE", "parallel"},
                      {"WEIR_STREAM__MAIL__CONCURRENCY", "16"},
                      {"WEIR_STREAM__MAIL__BREAKER__PAUSE", "1m"}};
  from.working_directory = "/";
  const auto loaded = config::load(from);
  ASSERT_EQ(loaded.config.streams.size(), 1U) << config::describe(loaded.mistakes);
  const auto told = only_stated(loaded.config.streams[0], changed_since(), loaded.config.origins);
  EXPECT_EQ(told.concurrency, 16) << "it is the default, and written down";
  EXPECT_EQ(told.breaker.pause, 1min);
  expect_in_force(told);
}

TEST(StatedSettings, OfAProgramAreWhatIsNoDefault) {
  auto wanted = parallel.concurrency(4).wanted();
  wanted.name = "mail";
  const auto told = only_stated(wanted, changed_since(), {});
  EXPECT_EQ(told.concurrency, 4);
  EXPECT_EQ(told.breaker.pause, changed_since().breaker.pause);
  expect_in_force(told);
}

TEST(StatedSettings, OfAnotherModeStayAsTheyAre) {
  auto wanted = single_instance.wanted();
  wanted.name = "mail";
  const auto told = only_stated(wanted, changed_since(), {});
  EXPECT_EQ(told.mode, stream_mode::single);
  EXPECT_EQ(told.concurrency, 1);
  EXPECT_EQ(told.where, isolation::process);
}

}  // namespace
}  // namespace weir::app
