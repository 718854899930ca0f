// node.schedule: what a program may declare, and what it is told at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <weir/weir.hpp>

namespace weir {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string complaint(node& on, const std::string& name, const schedule_settings& settings) {
  try {
    on.schedule(name, settings);
  } catch (const std::invalid_argument& problem) {
    return problem.what();
  }
  return {};
}

TEST(NodeSchedule, TakesIntervalsAndCronLines) {
  node node{node_config{}};
  node.schedule("customer_sweep", weir::cron("*/15 * * * *"));
  node.schedule("nightly", weir::cron("0 2 * * *").zone("Pacific/Auckland").task("price_pull").key("prices"));
  node.schedule("poll", weir::every(30s).missed(weir::missed_policy::skip).data({{"page", 1}}));
  node.schedule("beat", weir::every(1s));
}

TEST(NodeSchedule, RefusesWhatCanNeverFireAndWhatIsThereAlready) {
  node node{node_config{}};
  EXPECT_THAT(complaint(node, "a", cron("0 24 * * *")), HasSubstr("the hour field \"24\""));
  EXPECT_THAT(complaint(node, "a", cron("0 0 31 4 *")), HasSubstr("never fires"));
  EXPECT_THAT(complaint(node, "a", cron("@daily").zone("Nowhere")), HasSubstr("must be a time zone"));
  EXPECT_THAT(complaint(node, "a", every(1ms)), HasSubstr("from 1s to 100 years"));
  EXPECT_THAT(complaint(node, "", every(1s)), HasSubstr("schedule"));
  EXPECT_EQ(complaint(node, "a", every(1s)), "");
  EXPECT_THAT(complaint(node, "a", every(2s)), HasSubstr("declared twice"));
}

TEST(NodeSchedule, AnIntervalIsAPolicyOfRetriesToo) {
  const retry_policy policy = every(1min);
  EXPECT_EQ(policy.kind, retry_policy::shape::fixed);
  EXPECT_EQ(policy.delays, std::vector<std::chrono::milliseconds>{1min});
  EXPECT_EQ(on_stream("s").retry(every(1min)).options().retry.delays.front(), 1min);
}

TEST(Stream, IsDeclaredWithWhatHoldsItBack) {
  const auto wanted = parallel.rate(per_minute(90)).breaker(5, 30s).wanted();
  EXPECT_EQ(wanted.rate.starts, 90);
  EXPECT_EQ(wanted.rate.interval, 1min);
  EXPECT_EQ(wanted.breaker.failures, 5);
  EXPECT_EQ(wanted.breaker.pause, 30s);
  EXPECT_EQ(parallel.wanted().rate.starts, 0);
  EXPECT_EQ(single_instance.breaker(3).wanted().breaker.pause, defaults::breaker_pause);
  EXPECT_EQ(per_second(7).interval, 1s);
  EXPECT_EQ(per_hour(7).interval, 1h);
}

}  // namespace
}  // namespace weir
