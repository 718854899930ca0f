// Newest wins, one at a time: who of a key may start, and whom a start supersedes.
#include "cluster/key_lanes.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::cluster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// "7w" waited, "7o2" open after two runs, "7wo2" both: the superseded ones, in the order given.
std::vector<std::string> shown(const std::vector<key_lanes::superseded>& list) {
  std::vector<std::string> text;
  for (const auto& one : list) {
    text.push_back(std::to_string(one.id) + (one.waiting ? "w" : "") +
                   (one.open ? "o" + std::to_string(one.runs) : ""));
  }
  return text;
}

struct KeyLanes : testing::Test {
  key_lanes lanes;
  const std::string name = "sync", key = "42";

  void wait(std::initializer_list<task_id> ids) {
    for (const task_id id : ids) lanes.wait(name, key, id);
  }
  std::vector<std::string> start(task_id id) { return shown(lanes.start(name, key, id)); }
  task_id startable() const { return lanes.startable(name, key); }
};

TEST_F(KeyLanes, LetsTheNewestStartWhateverTheOrderOfArrival) {
  const std::vector<std::vector<task_id>> arrivals = {{3, 5, 9}, {9, 5, 3}, {5, 9, 3}};
  for (const auto& arrival : arrivals) {
    lanes = {};
    for (const task_id id : arrival) lanes.wait(name, key, id);
    EXPECT_EQ(lanes.newest(name, key), 9);
    EXPECT_EQ(startable(), 9);
    EXPECT_THAT(lanes.waiting(name, key), ElementsAre(3, 5, 9));
  }
}

TEST_F(KeyLanes, SupersedesEveryOlderOneThatWaits) {
  wait({3, 5, 9});
  EXPECT_THAT(start(9), ElementsAre("3w", "5w"));
  EXPECT_THAT(lanes.waiting(name, key), IsEmpty());
}

TEST_F(KeyLanes, SupersedesOlderOnesInOpenWithTheirRuns) {
  lanes.put_open(name, key, 3, 2);
  lanes.put_open(name, key, 4, 0);
  wait({9});
  EXPECT_THAT(start(9), ElementsAre("3o2", "4o0"));
}

TEST_F(KeyLanes, TellsOfATaskThatWaitsAndIsInOpenOnce) {
  // Promoted: it is in the window, and its row in open is still there.
  lanes.put_open(name, key, 3, 2);
  wait({3, 9});
  EXPECT_THAT(start(9), ElementsAre("3wo2"));
}

TEST_F(KeyLanes, LeavesNewerOnesInOpenAlone) {
  lanes.put_open(name, key, 12, 1);
  wait({9});
  EXPECT_THAT(start(9), IsEmpty());
  lanes.end(name, key, 9);
  wait({15});
  EXPECT_THAT(start(15), ElementsAre("12o1"));
}

TEST_F(KeyLanes, SupersedesNobodyTwice) {
  lanes.put_open(name, key, 3, 1);
  wait({5, 9});
  start(9);
  lanes.end(name, key, 9);
  wait({10});
  EXPECT_THAT(start(10), IsEmpty());
}

TEST_F(KeyLanes, ForgetsARowThatLeftOpen) {
  lanes.put_open(name, key, 3, 1);
  lanes.remove_open(name, key, 3);
  wait({9});
  EXPECT_THAT(start(9), IsEmpty());
}

TEST_F(KeyLanes, KnowsTheRunsOfTheLastPut) {
  lanes.put_open(name, key, 3, 1);
  lanes.put_open(name, key, 3, 4);
  wait({9});
  EXPECT_THAT(start(9), ElementsAre("3o4"));
}

TEST_F(KeyLanes, StartsOneAtATime) {
  wait({5});
  start(5);
  wait({9});
  EXPECT_EQ(startable(), 0);
  EXPECT_EQ(lanes.newest(name, key), 9) << "it waits all the same";
  lanes.end(name, key, 5);
  EXPECT_EQ(startable(), 9);
}

TEST_F(KeyLanes, PerformsALowerIdThatAppearsAfterTheStart) {
  wait({9});
  start(9);
  wait({4});
  lanes.end(name, key, 9);
  EXPECT_EQ(startable(), 4) << "a late commit carries a change that the newer run has not seen";
  EXPECT_THAT(start(4), IsEmpty());
}

TEST_F(KeyLanes, KeepsKeysApart) {
  const struct {
    const char *name, *key;
  } others[] = {{"sync", "43"}, {"mail", "42"}, {"sync4", "2"}, {"syn", "c42"}, {"sync", ""}};
  for (const auto& other : others) {
    lanes = {};
    wait({5});
    lanes.wait(other.name, other.key, 9);
    lanes.put_open(other.name, other.key, 3, 1);
    EXPECT_EQ(startable(), 5) << other.name << "/" << other.key;
    EXPECT_THAT(start(5), IsEmpty()) << other.name << "/" << other.key;
    EXPECT_EQ(lanes.startable(other.name, other.key), 9) << other.name << "/" << other.key;
  }
}

TEST_F(KeyLanes, ForgetsATaskThatLeftTheWindow) {
  wait({5, 9});
  lanes.forget(name, key, 9);
  EXPECT_EQ(startable(), 5);
  lanes.forget(name, key, 5);
  EXPECT_EQ(startable(), 0);
  EXPECT_EQ(lanes.newest(name, key), 0);
}

TEST_F(KeyLanes, ResumesARunWithoutSuperseding) {
  wait({5});
  lanes.put_open(name, key, 3, 1);
  lanes.resume(name, key, 7);
  EXPECT_EQ(startable(), 0) << "one runs";
  lanes.end(name, key, 7);
  EXPECT_EQ(startable(), 5) << "what was read again after the renewal is performed";
  EXPECT_THAT(start(5), ElementsAre("3o1"));
}

TEST_F(KeyLanes, SaysNothingOfKeysItDoesNotKnow) {
  EXPECT_EQ(lanes.newest(name, key), 0);
  EXPECT_EQ(startable(), 0);
  EXPECT_THAT(lanes.waiting(name, key), IsEmpty());
  lanes.forget(name, key, 5);
  lanes.remove_open(name, key, 5);
  EXPECT_EQ(startable(), 0);
}

TEST_F(KeyLanes, KeepsARunsPlaceWhileNothingElseOfTheKeyIsThere) {
  wait({5, 9});
  start(9);
  lanes.forget(name, key, 5);
  lanes.remove_open(name, key, 5);
  wait({10});
  EXPECT_EQ(startable(), 0) << "9 still runs";
}

using KeyLanesDeathTest = KeyLanes;

TEST_F(KeyLanesDeathTest, RefusesStartsAndEndsThatCannotBe) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(start(5), "lanes_.end");
  EXPECT_DEATH(lanes.end(name, key, 5), "lanes_.end");
  wait({5, 9});
  EXPECT_DEATH(start(7), "waiting.count");
  start(9);
  wait({10});
  EXPECT_DEATH(start(10), "running == 0");
  EXPECT_DEATH(lanes.resume(name, key, 10), "running == 0");
  EXPECT_DEATH(lanes.end(name, key, 10), "running == id");
}

}  // namespace
}  // namespace weir::cluster
