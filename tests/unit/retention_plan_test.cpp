// Which segment goes next, and how.
#include "domain/retention_plan.hpp"

#include <gtest/gtest.h>

namespace weir::domain {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using act = retention_act::what;

constexpr wall_time noon{std::chrono::hours{24} * 20000 + 12h};
constexpr milliseconds week = 168h;

/// A segment of a million ids whose tasks came from `oldest` to `newest` before noon.
segment_row filled(segment_number number, milliseconds oldest, milliseconds newest, bool passed = true) {
  segment_row row;
  row.number = number;
  row.first_id = number * 1'000'000;
  row.end_id = row.first_id + 1'000'000;
  row.oldest = noon - oldest;
  row.newest = noon - newest;
  row.passed = passed;
  return row;
}

segment_row empty(segment_number number) {
  segment_row row = filled(number, 0ms, 0ms, false);
  row.oldest.reset();
  row.newest.reset();
  return row;
}

retention_view seen(std::vector<segment_row> segments) {
  retention_view view;
  view.now = noon;
  view.segments = std::move(segments);
  view.next_id = 5'500'000;
  return view;
}

using memories = std::map<segment_number, segment_memory>;

retention_act next(const retention_view& view, std::optional<milliseconds> shortest_age,
                   const memories& memory = {}, wall_time kept_not_before = noon + 1h) {
  return next_act(view, shortest_age, memory, kept_not_before);
}

segment_memory counted(std::int64_t gone, std::int64_t stays, std::int64_t unfinished = 0) {
  segment_memory known;
  known.counted = segment_count{gone, stays, unfinished};
  return known;
}

TEST(RetentionAges, AreTheLongestOfWhatNodesSay) {
  const auto both = longest({{{week, 1h, std::nullopt}, {}}, {{1h, 2h, 1h}, {}}}).all;
  EXPECT_EQ(both.done, week);
  EXPECT_EQ(both.failed, 2h);
  EXPECT_EQ(both.cancelled, std::nullopt) << "one of them keeps these for ever";
  EXPECT_EQ(longest({}), retention_policy{});
  EXPECT_EQ(longest({{{week, week, week}, {}}, {}}), retention_policy{}) << "an older version says nothing";
}

TEST(RetentionAges, OfAStreamAreTheLongestOfThoseNodesThatNameOne) {
  const auto both = longest({{{week, week, week}, {{"mail", {1h, std::nullopt, std::nullopt}}}},
                             {{week, week, week}, {{"mail", {2h, 3h, std::nullopt}}, {"post", {1h, 1h, 1h}}}},
                             {{week, week, week}, {}}});
  ASSERT_EQ(both.streams.size(), 2U);
  EXPECT_EQ(both.streams.at("mail"), (retention_ages{2h, 3h, std::nullopt}));
  EXPECT_EQ(both.streams.at("post"), (retention_ages{1h, 1h, 1h}));
}

TEST(RetentionAges, TheShortestIsThatOfAnyStateOfAnyStream) {
  EXPECT_EQ(shortest({}), std::nullopt);
  EXPECT_EQ(shortest({{week, std::nullopt, std::nullopt}, {}}), week);
  EXPECT_EQ(shortest({{}, {{"mail", {std::nullopt, std::nullopt, 1h}}}}), 1h);
  EXPECT_EQ(shortest({{week, 2h, std::nullopt}, {{"mail", {week, week, 3h}}}}), 2h);
}

TEST(RetentionPlan, ASegmentIsEmptiedWhereLittleStays) {
  const struct {
    segment_count count;
    std::int64_t ids;
    bool worth;
  } cases[] = {{{0, 0, 0}, 10, true},
               {{100, 25, 0}, 1000, true},
               {{100, 26, 0}, 1000, false},
               {{100, 20, 6}, 1000, false},
               {{100, 20, 6}, 2600, true},
               {{0, 10, 0}, 1000, true},
               {{0, 11, 0}, 1000, false},
               {{10'000'000, 0, 10'000}, 10'000'000, true},
               {{10'000'000, 0, 10'001}, 10'000'000, false}};
  for (const auto& c : cases)
    EXPECT_EQ(worth_emptying(c.count, c.ids), c.worth)
        << c.count.gone << " go, " << c.count.stays << " stay, " << c.count.unfinished << " are unfinished";
}

TEST(RetentionPlan, NothingGoesWithoutAnAge) {
  EXPECT_EQ(next(seen({filled(0, 10 * week, 9 * week)}), std::nullopt).does, act::none);
}

TEST(RetentionPlan, APassedSegmentThatIsAllTooOldIsCountedThenClearedThenEmptied) {
  const auto view = seen({filled(0, 2 * week, week), filled(5, 1h, 0ms, false)});
  EXPECT_EQ(next(view, week).does, act::count);
  EXPECT_EQ(next(view, week).segment, 0);
  EXPECT_EQ(next(view, week, {{0, counted(100, 5)}}).does, act::clear);
  auto known = counted(100, 5);
  known.cleared = "7:7:";
  EXPECT_EQ(next(view, week, {{0, known}}).does, act::empty);
}

TEST(RetentionPlan, WhereMuchStaysTasksAreDeletedOneByOne) {
  const auto view = seen({filled(0, 2 * week, week)});
  EXPECT_EQ(next(view, week, {{0, counted(100'000, 90'000)}}).does, act::sweep);
}

TEST(RetentionPlan, UnfinishedWorkThatNoMarkHasPassedHoldsNothingBack) {
  EXPECT_EQ(next(seen({filled(0, 2 * week, week, false)}), week).does, act::sweep);
}

TEST(RetentionPlan, TheSegmentThatIsBeingFilledIsSwept) {
  EXPECT_EQ(next(seen({filled(5, week, 0ms, false)}), week).does, act::sweep);
  EXPECT_EQ(next(seen({filled(5, week - 1s, 0ms, false)}), week).does, act::none) << "nothing is too old yet";
}

TEST(RetentionPlan, AFullSegmentWhoseRestIsTooOldSoonIsWaitedFor) {
  EXPECT_EQ(next(seen({filled(0, week + 1h, week - 1h)}), week).does, act::none);
  EXPECT_EQ(next(seen({filled(0, week + 1h, week - 9h)}), week).does, act::sweep) << "a twentieth is 8.4 h";
}

TEST(RetentionPlan, WhatWasLeftForLaterIsLeftUntilThen) {
  auto known = counted(100, 5);
  known.not_before = noon + 1s;
  EXPECT_EQ(next(seen({filled(0, 2 * week, week)}), week, {{0, known}}).does, act::none);
  EXPECT_EQ(next(seen({filled(0, 2 * week, week), filled(1, week, week)}), week, {{0, known}}).segment, 1)
      << "others go on";
  known.not_before = noon;
  EXPECT_EQ(next(seen({filled(0, 2 * week, week)}), week, {{0, known}}).does, act::clear);
}

TEST(RetentionPlan, OnlyTheLowestEmptySegmentIsDroppedAndNoneThatIdsAreStillGivenOf) {
  EXPECT_EQ(next(seen({empty(3), empty(4), empty(5)}), std::nullopt).does, act::drop);
  EXPECT_EQ(next(seen({empty(3), empty(4), empty(5)}), std::nullopt).segment, 3);
  EXPECT_EQ(next(seen({empty(5), empty(6)}), week).does, act::none) << "the next id is 5,500,000";
  EXPECT_EQ(next(seen({filled(3, 1h, 1h), empty(4)}), week).does, act::none);
  segment_memory held;
  held.not_before = noon + 1s;
  EXPECT_EQ(next(seen({empty(3)}), week, {{3, held}}).does, act::none) << "somebody held it just now";
}

TEST(RetentionPlan, WhatOutlivesItsSegmentIsSweptLast) {
  auto view = seen({filled(5, 1h, 0ms, false)});
  EXPECT_EQ(next(view, week, {}, noon).does, act::none) << "there is none";
  view.any_kept = true;
  EXPECT_EQ(next(view, week, {}, noon).does, act::sweep);
  EXPECT_EQ(next(view, week, {}, noon).segment, std::nullopt);
  EXPECT_EQ(next(view, week, {}, noon + 1s).does, act::none);
}

TEST(RetentionPlan, IsLateByATwentiethOfTheShortestAge) {
  EXPECT_EQ(slack(0ms), 1s);
  EXPECT_EQ(slack(20s), 1s);
  EXPECT_EQ(slack(1h), 3min);
}

TEST(RetentionPlan, TriesAgainLaterAndLaterWhereSomebodyHoldsASegment) {
  EXPECT_EQ(pause_after(1), 1s);
  EXPECT_EQ(pause_after(2), 2s);
  EXPECT_EQ(pause_after(6), 32s);
  EXPECT_EQ(pause_after(7), 60s);
  EXPECT_EQ(pause_after(1000), 60s);
}

}  // namespace
}  // namespace weir::domain
