// The batch machine against a store that refuses, loses answers and goes away.
#include "app/cli/enqueue_lines.hpp"

#include <sstream>

#include <gtest/gtest.h>

#include "drivers/memory/memory_driver.hpp"

namespace weir::app {
namespace {

using memory::fault;

class EnqueueLines : public testing::Test {
 protected:
  enqueue_totals run(const std::string& input, int pauses = 1000) {
    std::istringstream in{input};
    const auto store = driver_->open_console();
    line_enqueuer::hooks hooks;
    hooks.on_result = [this](const line_result& one) { results_.push_back(one); };
    hooks.pause = [this, pauses](std::chrono::milliseconds) { return ++paused_ < pauses; };
    line_enqueuer machine{*store, 1000, hooks};
    return machine.run(in);
  }

  std::int64_t stored() {
    const auto store = driver_->open_console();
    return store->count_unfinished("mail", 1'000'000).value();
  }

  static std::string lines(int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += "{\"name\":\"mail\",\"key\":\"" + std::to_string(i) + "\"}\n";
    return out;
  }

  std::shared_ptr<memory::world> world_ = memory::make_world();
  std::unique_ptr<memory::memory_driver> driver_ = memory::make_driver(world_);
  std::vector<line_result> results_;
  int paused_ = 0;
};

TEST_F(EnqueueLines, ManyLinesKeepTheirOrder) {
  const auto totals = run(lines(1777));
  EXPECT_EQ(totals.enqueued, 1777);
  EXPECT_EQ(totals.failed, 0);
  ASSERT_EQ(results_.size(), 1777U);
  for (std::size_t i = 1; i < results_.size(); ++i) {
    ASSERT_EQ(results_[i].line, i + 1);
    ASSERT_LT(*results_[i - 1].id, *results_[i].id);
  }
}

TEST_F(EnqueueLines, WhatTheStoreRefusesIsFoundByHalving) {
  std::string input = lines(300);
  input += "{\"name\":\"mail\",\"stream\":\"nowhere\"}\n";
  input += lines(100);
  input += "{\"name\":\"mail\",\"stream\":\"nowhere else\"}\n";
  const auto totals = run(input);
  EXPECT_EQ(totals.enqueued, 400);
  EXPECT_EQ(totals.failed, 2);
  EXPECT_FALSE(results_[300].id);
  EXPECT_FALSE(results_[401].id);
  EXPECT_EQ(stored(), 400);
}

TEST_F(EnqueueLines, InDoubtIsSaidAndNeverSentTwice) {
  driver_->trouble().next("console.enqueue", {fault::what::lose_answer});
  const auto totals = run(lines(700));
  EXPECT_EQ(totals.in_doubt, 500);
  EXPECT_EQ(totals.failed, 500);
  EXPECT_EQ(totals.enqueued, 200);
  EXPECT_EQ(results_[0].problem.code, errc::in_doubt);
  EXPECT_EQ(stored(), 700) << "they had arrived";
}

TEST_F(EnqueueLines, ADatabaseThatComesBackIsWaitedFor) {
  driver_->trouble().next("console.enqueue", {fault::what::refuse, errc::unavailable});
  driver_->trouble().next("console.enqueue", {fault::what::refuse, errc::read_only});
  driver_->trouble().next("console.enqueue", {fault::what::refuse, errc::overloaded});
  const auto totals = run(lines(10));
  EXPECT_EQ(totals.enqueued, 10);
  EXPECT_EQ(paused_, 3);
}

TEST_F(EnqueueLines, ADatabaseThatStaysAwayIsWaitedForOnce) {
  world_->set_reachable(false);
  const auto totals = run(lines(1500));
  EXPECT_EQ(totals.enqueued, 0);
  EXPECT_EQ(totals.failed, 1500);
  EXPECT_EQ(results_.size(), 1500U);
  EXPECT_EQ(paused_, 7) << "later batches are tried once each";
}

TEST_F(EnqueueLines, AnEndlessLineIsReadOverInBoundedMemory) {
  const auto totals =
      run("{\"name\":\"mail\",\"data\":\"" + std::string(3'000'000, 'x') + "\"}\n" + lines(1));
  EXPECT_EQ(totals.enqueued, 1);
  ASSERT_EQ(results_.size(), 2U);
  EXPECT_NE(results_[0].problem.message.find("longer than"), std::string::npos);
}

TEST_F(EnqueueLines, BlankLinesAndAByteOrderMarkAreSkipped) {
  const auto totals = run("\xEF\xBB\xBF{\"name\":\"mail\"}\r\n\r\n   \n{\"name\":\"mail\"}");
  EXPECT_EQ(totals.enqueued, 2);
  EXPECT_EQ(totals.failed, 0);
  EXPECT_EQ(results_[1].line, 4U);
}

TEST(LineResult, IsOneJsonObject) {
  line_result good;
  good.line = 3;
  good.id = 12;
  EXPECT_EQ(line_result_json(good), R"({"line":3,"id":"12"})");
  line_result bad;
  bad.line = 4;
  bad.problem = {errc::invalid, "no \"name\""};
  EXPECT_EQ(line_result_json(bad), R"({"line":4,"error":{"code":"invalid","message":"no \"name\""}})");
}

}  // namespace
}  // namespace weir::app
