// Who is suspected, when, and what makes an observer begin again.
#include "domain/observation.hpp"

#include <gtest/gtest.h>

namespace weir::domain {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr boot_time start{100h};
constexpr node_id me = 1;
constexpr node_id other = 2;

node_row row(node_id id, std::int64_t beat, node_state state = node_state::active) {
  node_row made;
  made.id = id;
  made.facts.name = "n" + std::to_string(id);
  made.beat = beat;
  made.state = state;
  return made;
}

// An observer that has answers each second, as a healthy node does.
struct watching : testing::Test {
  observer eyes{6s};
  boot_time now = start;

  std::vector<suspect> see(const std::vector<node_row>& rows, std::int32_t timeline = 1) {
    const auto suspects = eyes.observe(timeline, rows, me, now);
    now += 1s;
    return suspects;
  }
  void see_for(int seconds, const std::vector<node_row>& rows, std::int32_t timeline = 1) {
    for (int i = 0; i < seconds; ++i) EXPECT_TRUE(see(rows, timeline).empty()) << i;
  }
};
using Observer = watching;

TEST_F(Observer, SuspectsABeatThatStoodStillForATtl) {
  see_for(6, {row(me, 1), row(other, 7)});

  const auto suspects = see({row(me, 1), row(other, 7)});

  ASSERT_EQ(suspects.size(), 1U);
  EXPECT_EQ(suspects[0].id, other);
  EXPECT_EQ(suspects[0].beat, 7);
  EXPECT_EQ(suspects[0].timeline, 1);
  EXPECT_EQ(suspects[0].name, "n2");
}

TEST_F(Observer, SuspectsAtTheInstantOfTheTtlAndNotBefore) {
  eyes.observe(1, {row(other, 7)}, me, start);
  eyes.observe(1, {row(other, 7)}, me, start + 3s);
  EXPECT_TRUE(eyes.observe(1, {row(other, 7)}, me, start + 6s - 1ns).empty());
  EXPECT_EQ(eyes.observe(1, {row(other, 7)}, me, start + 6s).size(), 1U);
}

TEST_F(Observer, GoesOnSuspectingUntilTheBeatMoves) {
  see_for(6, {row(other, 7)});
  EXPECT_EQ(see({row(other, 7)}).size(), 1U);
  EXPECT_EQ(see({row(other, 7)}).size(), 1U);
  see_for(6, {row(other, 8)});
  EXPECT_EQ(see({row(other, 8)}).size(), 1U);
}

TEST_F(Observer, NeverSuspectsItselfNorOneThatBeats) {
  for (std::int64_t beat = 0; beat < 20; ++beat) see_for(1, {row(me, 1), row(other, beat)});
}

TEST_F(Observer, SuspectsJoiningActiveAndDrainingOnly) {
  const std::vector<node_row> rows{row(2, 1, node_state::joining), row(3, 1, node_state::active),
                                   row(4, 1, node_state::draining), row(5, 1, node_state::stopped),
                                   row(6, 1, node_state::dead)};
  see_for(6, rows);

  const auto suspects = see(rows);

  ASSERT_EQ(suspects.size(), 3U);
  EXPECT_EQ(suspects[0].id, 2);
  EXPECT_EQ(suspects[1].id, 3);
  EXPECT_EQ(suspects[2].id, 4);
}

TEST_F(Observer, WatchesANewIncarnationFromItsFirstSight) {
  see_for(5, {row(2, 7)});
  see_for(6, {row(3, 7)});
  EXPECT_EQ(see({row(3, 7)}).at(0).id, 3);
}

TEST_F(Observer, ForgetsOneThatWasAwayFromTheAnswers) {
  see_for(5, {row(other, 7)});
  see_for(1, {});
  see_for(6, {row(other, 7)});
}

TEST_F(Observer, StartsAnewAfterAFailedBeatOfItsOwn) {
  see_for(5, {row(other, 7)});
  eyes.reset();
  see_for(6, {row(other, 7)});
  EXPECT_EQ(see({row(other, 7)}).size(), 1U);
}

TEST_F(Observer, StartsAnewAfterItStoodStillItself) {
  see_for(5, {row(other, 7)});
  now += 10s;  // stopped by a signal; the database was away too
  see_for(6, {row(other, 7)});
  EXPECT_EQ(see({row(other, 7)}).size(), 1U);
}

TEST_F(Observer, StartsAnewOnAnotherTimeline) {
  see_for(5, {row(other, 7)}, 1);
  see_for(6, {row(other, 7)}, 2);
  EXPECT_EQ(see({row(other, 7)}, 2).at(0).timeline, 2);
}

TEST_F(Observer, TakesALowerBeatForAChange) {
  see_for(5, {row(other, 7)});
  see_for(6, {row(other, 6)});
}

TEST_F(Observer, KnowsHowLongItHasSeenTheTimeline) {
  EXPECT_EQ(eyes.timeline_seen_for(start), 0ms);
  see({row(me, 1)}, 1);
  EXPECT_EQ(eyes.timeline_seen_for(start), 0ms);
  EXPECT_EQ(eyes.timeline_seen_for(start + 6s), 6s);
  EXPECT_EQ(eyes.timeline_seen_for(start - 1s), 0ms);

  eyes.observe(2, {row(me, 2)}, me, start + 10s);
  EXPECT_EQ(eyes.timeline_seen_for(start + 10s), 0ms);
  EXPECT_EQ(eyes.timeline_seen_for(start + 12s), 2s);
}

TEST_F(Observer, KeepsTheAgeOfTheTimelineOverAFailedBeat) {
  see({row(me, 1)}, 1);
  eyes.reset();
  see({row(me, 1)}, 1);
  EXPECT_EQ(eyes.timeline_seen_for(start + 6s), 6s);
}

}  // namespace
}  // namespace weir::domain
