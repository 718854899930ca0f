// How far a partition was read, and how far its durable mark may follow.
#include "cluster/reading_track.hpp"

#include <algorithm>
#include <iostream>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "tests/cluster/dice.hpp"

namespace weir::cluster {
namespace {

// Snapshots are opaque here; the tests name them s0, s1, ... in the order in which they were taken.
reading_position at(const snapshot& seen) {
  reading_position position;
  position.seen = seen;
  return position;
}

struct ReadingTrack : testing::Test {
  reading_track track{at("s0")};

  /// A page of `count` new entries; `limit` of them would fill it.
  std::vector<sequence> page(const snapshot& taken, int count, int limit, transaction_id xid = 0,
                             task_id id = 0) {
    std::vector<sequence> entries;
    for (int n = 0; n < count; ++n) entries.push_back(track.begin_entry());
    track.advance(taken, count, limit, xid, id);
    return entries;
  }
};

TEST_F(ReadingTrack, BeginsAtTheMarkOfTheAcquisition) {
  EXPECT_EQ(track.position().seen, "s0");
  EXPECT_FALSE(track.backlog());
  EXPECT_FALSE(track.take_mark()) << "nothing is newer than what is written";
}

TEST_F(ReadingTrack, GoesFromSnapshotToSnapshotByShortPages) {
  page("s1", 3, 10, 500, 7);

  EXPECT_EQ(track.position().seen, "s1");
  EXPECT_FALSE(track.position().upto);
  EXPECT_EQ(track.position().at_xid, 0U) << "a cursor belongs to a half read snapshot";
  EXPECT_EQ(track.position().at_id, 0);
  EXPECT_FALSE(track.backlog());
}

TEST_F(ReadingTrack, StaysInItsSnapshotWhilePagesAreFull) {
  page("s1", 2, 2, 500, 7);
  EXPECT_TRUE(track.backlog());
  EXPECT_EQ(track.position().seen, "s0");
  EXPECT_EQ(track.position().upto, "s1");
  EXPECT_EQ(track.position().at_xid, 500U);
  EXPECT_EQ(track.position().at_id, 7);

  page("s2", 2, 2, 501, 3);
  EXPECT_EQ(track.position().upto, "s1") << "the snapshot of a later page is not what was read";
  EXPECT_EQ(track.position().at_xid, 501U);
  EXPECT_EQ(track.position().at_id, 3);

  page("s3", 1, 2, 502, 9);
  EXPECT_EQ(track.position().seen, "s1") << "s2 and s3 were never read to their ends";
  EXPECT_FALSE(track.backlog());
}

TEST_F(ReadingTrack, ReadsOneMorePageAfterTheLastFullOne) {
  page("s1", 2, 2, 500, 7);
  page("s2", 0, 2);
  EXPECT_EQ(track.position().seen, "s1");
  EXPECT_FALSE(track.backlog());
}

TEST_F(ReadingTrack, RecoversUntilItsFirstOwnSnapshotIsUsedUp) {
  EXPECT_TRUE(track.recovering());
  page("s1", 2, 2, 500, 7);
  EXPECT_TRUE(track.recovering()) << "the rest of s1 may hold what the former owner finished";
  page("s2", 1, 2);
  EXPECT_FALSE(track.recovering());
  page("s3", 0, 2);
  EXPECT_FALSE(track.recovering());
}

TEST_F(ReadingTrack, RecoversThroughTheFormerOwnersSnapshotAndItsFirstOwn) {
  reading_position half = at("s0");
  half.upto = "s1";
  half.at_xid = 500;
  half.at_id = 7;
  track = reading_track{half};
  EXPECT_TRUE(track.backlog());

  page("s5", 0, 2);
  EXPECT_EQ(track.position().seen, "s1");
  EXPECT_TRUE(track.recovering()) << "s1 is the former owner's: it finished tasks committed after it";
  page("s6", 0, 2);
  EXPECT_FALSE(track.recovering());
}

TEST_F(ReadingTrack, MovesTheMarkOnceEverythingBeforeItIsSettled) {
  const auto entries = page("s1", 2, 10);
  EXPECT_FALSE(track.take_mark());
  track.settle(entries[0]);
  EXPECT_FALSE(track.take_mark()) << "one entry of s1 is left";
  track.settle(entries[1]);

  const auto mark = track.take_mark();
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->seen, "s1");
  EXPECT_FALSE(track.take_mark()) << "a mark is handed out once";
}

TEST_F(ReadingTrack, WaitsForTheOldestEntryWhateverIsSettledBehindIt) {
  const auto first = page("s1", 1, 10);
  const auto second = page("s2", 2, 10);
  track.settle(second[1]);
  track.settle(second[0]);
  EXPECT_FALSE(track.take_mark());

  track.settle(first[0]);
  const auto mark = track.take_mark();
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->seen, "s2") << "the newest position that is safe";
}

TEST_F(ReadingTrack, MarksAPlaceWithinASnapshot) {
  const auto first = page("s1", 2, 2, 500, 7);
  page("s2", 2, 2, 501, 3);
  for (const sequence entry : first) track.settle(entry);

  const auto mark = track.take_mark();
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->seen, "s0");
  EXPECT_EQ(mark->upto, "s1");
  EXPECT_EQ(mark->at_xid, 500U);
  EXPECT_EQ(mark->at_id, 7);
}

TEST_F(ReadingTrack, FollowsPagesWithoutEntriesAtOnce) {
  page("s1", 0, 10);
  page("s2", 0, 10);
  const auto mark = track.take_mark();
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->seen, "s2");
}

TEST_F(ReadingTrack, IsHeldBackByAnEntryThatBeganBeforeThePage) {
  // A row handed to the window: its insert is on its way while a poll is answered.
  const sequence handed = track.begin_entry();
  page("s1", 0, 10);
  EXPECT_FALSE(track.take_mark()) << "s1 may contain the handed row";
  track.settle(handed);
  EXPECT_TRUE(track.take_mark());
}

TEST_F(ReadingTrack, KeepsTheFirstPlacesAndTheNewestOfManyUnsettledPages) {
  std::vector<sequence> entries;
  for (int n = 1; n <= 1000; ++n) entries.push_back(page("s" + std::to_string(n), 1, 10).front());

  track.settle(entries[0]);
  const auto first = track.take_mark();
  ASSERT_TRUE(first) << "the place that is reached first was thinned out";
  EXPECT_EQ(first->seen, "s1");

  for (std::size_t n = 1; n < entries.size(); ++n) track.settle(entries[n]);
  const auto last = track.take_mark();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->seen, "s1000");
}

TEST_F(ReadingTrack, NeverMarksAnEntryThatIsNotSettled) {
  std::random_device chance;
  const std::uint64_t seed = chance();
  std::cout << "seed " << seed << "\n";
  storage_test::dice random{seed};
  std::vector<sequence> unsettled;
  std::vector<sequence> read_by;  // per snapshot: the entries numbered when it was used up
  sequence given = 0;
  int marked = -1;
  for (int n = 0; n < 2000; ++n) {
    const int count = random.between(0, 4);
    for (int e = 0; e < count; ++e) {
      unsettled.push_back(track.begin_entry());
      EXPECT_EQ(unsettled.back(), ++given) << "numbers count from 1 without a gap";
    }
    track.advance(std::to_string(n), count, 5, 0, 0);
    read_by.push_back(given);
    while (!unsettled.empty() && random.chance(0.65)) {
      sequence& one = random.pick(unsettled);
      track.settle(one);
      std::swap(one, unsettled.back());
      unsettled.pop_back();
    }
    const auto mark = track.take_mark();
    if (!mark) continue;
    const int place = std::stoi(mark->seen);
    ASSERT_GT(place, marked) << "a mark goes forward";
    marked = place;
    const sequence covered = read_by[static_cast<std::size_t>(place)];
    for (const sequence entry : unsettled) ASSERT_GT(entry, covered) << "passed by " << mark->seen;
  }
  EXPECT_GT(marked, 0);
  for (const sequence entry : unsettled) track.settle(entry);
  const auto last = track.take_mark();
  if (marked != 1999) {
    ASSERT_TRUE(last);
    EXPECT_EQ(last->seen, "1999") << "with everything settled the mark is where reading is";
  }
}

using ReadingTrackDeathTest = ReadingTrack;

TEST_F(ReadingTrackDeathTest, RefusesWhatNobodyCanMean) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto entries = page("s1", 1, 10);
  EXPECT_DEATH(track.settle(entries[0] + 1), "entry < next_");
  EXPECT_DEATH(track.advance("s2", 3, 2, 0, 0), "count <= limit");
  track.settle(entries[0]);
  EXPECT_DEATH(track.settle(entries[0]), "entry >= base_");
}

}  // namespace
}  // namespace weir::cluster
