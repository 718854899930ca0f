// What one node tells another, message by message.
#include "cluster/hint_line.hpp"

#include <gtest/gtest.h>

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using parts = std::vector<part_id>;

constexpr boot_time start{100h};

TEST(HintLine, AsksAtOnceWhetherSomebodyIsThereAndThenOnceAPulse) {
  hint_line line{start};
  const auto first = line.next(start);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->empty());
  line.on_answer();
  EXPECT_FALSE(line.next(start + hint_pulse - 1ms));
  EXPECT_EQ(line.next_step(), start + hint_pulse);
  EXPECT_TRUE(line.next(start + hint_pulse));
}

TEST(HintLine, GathersWhileAMessageIsUnderWay) {
  hint_line line{start};
  line.add({false, {1}, {}});
  ASSERT_EQ(line.next(start)->freed, parts{1});
  line.add({true, {}, {7, 8}});
  line.add({false, {2, 1}, {8}});
  EXPECT_FALSE(line.next(start + 1s)) << "no credit";
  line.on_answer();
  const auto next = line.next(start + 1s);
  ASSERT_TRUE(next);
  EXPECT_TRUE(next->look);
  EXPECT_EQ(next->freed, (parts{1, 2}));
  EXPECT_EQ(next->fed, (parts{7, 8})) << "each once";
  line.on_answer();
  EXPECT_FALSE(line.next(start + 1s)) << "nothing is said twice";
}

TEST(HintLine, CutsALongMessageAndLosesNothing) {
  hint_line line{start};
  hints many;
  for (part_id part = 1; part <= 2500; ++part) many.fed.push_back(part);
  line.add(many);
  std::size_t told = 0;
  for (int message = 0; message < 3; ++message) {
    const auto next = line.next(start);
    ASSERT_TRUE(next);
    EXPECT_LE(next->fed.size(), hint_parts_max);
    told += next->fed.size();
    line.on_answer();
  }
  EXPECT_EQ(told, 2500U);
  EXPECT_FALSE(line.next(start));
}

TEST(HintLine, IsSilentOnlyWhileAnAnswerIsOwed) {
  hint_line line{start};
  EXPECT_FALSE(line.silent(start + 1h));
  ASSERT_TRUE(line.next(start));
  EXPECT_FALSE(line.silent(start + hint_silence - 1ms));
  EXPECT_EQ(line.next_step(), start + hint_silence);
  EXPECT_TRUE(line.silent(start + hint_silence));
  line.on_answer();
  EXPECT_FALSE(line.silent(start + 1h));
}

}  // namespace
}  // namespace weir::cluster
