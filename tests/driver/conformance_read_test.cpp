// Reading: by commit visibility, from snapshot to snapshot, with a cursor in between.
#include <nlohmann/json.hpp>

#include "tests/driver/fixture.hpp"

namespace weir::conformance {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;

class reading : public conformance {
 protected:
  void SetUp() override {
    conformance::SetUp();
    if (!IsSkipped()) own_lane();
  }
  /// Where an owner stands that has used up a snapshot.
  static reading_position after(const snapshot& taken) { return {taken, std::nullopt, 0, 0}; }
};

TEST_F(reading, AReadWithoutRowsStillAnswersItsSnapshot) {
  const auto first = read(lane_, start_);
  EXPECT_THAT(first.rows, IsEmpty());
  EXPECT_FALSE(first.taken.empty());
  const auto id = insert(lane_task("a"));
  const auto second = read(lane_, after(first.taken));
  EXPECT_THAT(ids_of(second.rows), ElementsAre(id));
  EXPECT_THAT(read(lane_, after(second.taken)).rows, IsEmpty());
}

TEST_F(reading, ALowerIdThatCommitsLaterIsFound) {
  auto slow = store().begin();
  const auto low = slow->insert(lane_task("slow"));
  const auto high = insert(lane_task("fast"));
  ASSERT_LT(low, high);
  const auto first = read(lane_, start_);
  EXPECT_THAT(ids_of(first.rows), ElementsAre(high));
  slow->commit();
  const auto second = read(lane_, after(first.taken));
  EXPECT_THAT(ids_of(second.rows), ElementsAre(low));
  EXPECT_THAT(read(lane_, after(second.taken)).rows, IsEmpty());
}

TEST_F(reading, ATaskInsertedBySomebodyWhoBeganBeforeTheSnapshotIsFound) {
  auto slow = store().begin();
  const auto early = slow->insert(lane_task("early"));
  const auto first = read(lane_, start_);
  EXPECT_THAT(first.rows, IsEmpty());
  const auto late = slow->insert(lane_task("late"));
  slow->commit();
  EXPECT_THAT(ids_of(read(lane_, after(first.taken)).rows), ElementsAre(early, late));
}

TEST_F(reading, ManyTransactionsThatOverlapAreEachReadOnce) {
  std::vector<std::unique_ptr<producer>> open;
  std::vector<task_id> inserted_ids;
  std::vector<task_id> read_ids;
  auto position = start_;
  for (int round = 0; round < 6; ++round) {
    open.push_back(store().begin());
    inserted_ids.push_back(open.back()->insert(lane_task("t")));
    if (round % 2 == 1) {  // ends the one before the newest: the others stay open meanwhile
      open.at(open.size() - 2)->commit();
      open.erase(open.end() - 2);
    }
    const auto reply = read(lane_, position);
    for (const auto id : ids_of(reply.rows)) read_ids.push_back(id);
    position = after(reply.taken);
  }
  for (auto& one : open) one->commit();
  for (const auto id : ids_of(read(lane_, position).rows)) read_ids.push_back(id);
  EXPECT_THAT(read_ids, testing::UnorderedElementsAreArray(inserted_ids));
}

TEST_F(reading, ARolledBackTaskIsNeverFound) {
  auto undecided = store().begin();
  undecided->insert(lane_task("never"));
  const auto first = read(lane_, start_);
  undecided->rollback();
  EXPECT_THAT(read(lane_, after(first.taken)).rows, IsEmpty());
  EXPECT_THAT(read_all(lane_), IsEmpty());
}

TEST_F(reading, RowsComeByTransactionThenId) {
  auto first = store().begin();
  const auto a = first->insert(lane_task("a"));
  auto second = store().begin();
  const auto b = second->insert(lane_task("b"));
  const auto c = first->insert(lane_task("c"));
  second->commit();
  first->commit();
  const auto rows = read_all(lane_);
  EXPECT_THAT(ids_of(rows), ElementsAre(a, c, b));
  EXPECT_EQ(rows.at(0).xid, rows.at(1).xid);
  EXPECT_LT(rows.at(1).xid, rows.at(2).xid);
}

TEST_F(reading, ASnapshotIsReadPageByPageWhileOthersCommit) {
  std::vector<insert_row> rows(5, lane_task("bulk"));
  const auto bulk = ids_of(must(tasks().insert(rows)));
  auto slow = store().begin();
  const auto slow_id = slow->insert(lane_task("slow"));

  auto page = read(lane_, start_, false, 2);
  EXPECT_THAT(ids_of(page.rows), ElementsAre(bulk.at(0), bulk.at(1)));
  const auto upto = page.taken;
  slow->commit();
  const auto late = insert(lane_task("late"));

  page = read(lane_, {start_.seen, upto, page.rows.back().xid, page.rows.back().id}, false, 2);
  EXPECT_THAT(ids_of(page.rows), ElementsAre(bulk.at(2), bulk.at(3)));
  page = read(lane_, {start_.seen, upto, page.rows.back().xid, page.rows.back().id}, false, 2);
  EXPECT_THAT(ids_of(page.rows), ElementsAre(bulk.at(4)))
      << "what is not visible in upto waits for the next snapshot";
  EXPECT_THAT(ids_of(read(lane_, after(upto)).rows), ElementsAre(slow_id, late));
}

TEST_F(reading, OneStatementReadsManyPartitionsEachFromItsOwnPosition) {
  wish_for(parts_of("default").at(0), "n1");
  const auto other = must(ownership_of_nodes().acquire(n1_, parts_of("default").at(0), false, false));
  const auto a = insert(lane_task("a"));
  const auto first = read(lane_, start_);
  const auto b = insert(lane_task("b"));
  const auto handed = hand(other.held).id;
  const fence somebody_else{other.held.part, other.held.epoch + 1};

  const auto both =
      must(tasks().read({{lane_, after(first.taken), false, 10}, {somebody_else, other.mark, false, 10}}));
  std::vector<task_id> in_lane, in_other;
  for (const auto& row : both.rows) (row.part == lane_.part ? in_lane : in_other).push_back(row.id);
  EXPECT_THAT(in_lane, ElementsAre(b));
  EXPECT_THAT(in_other, ElementsAre(handed));
  EXPECT_NE(a, b);
}

TEST_F(reading, EachPartitionHasItsOwnLimit) {
  stream_declaration wide;
  wide.name = "wide";
  wide.partitions = 2;
  must(console().create_stream(wide));
  auto row = task_of("w");
  row.stream = "wide";
  must(tasks().insert(std::vector<insert_row>(12, row)));
  const auto parts = parts_of("wide");
  const auto reply =
      must(tasks().read({{{parts.at(0), 1}, start_, false, 2}, {{parts.at(1), 1}, start_, false, 3}}));
  EXPECT_THAT(reply.rows, testing::SizeIs(5));
}

TEST_F(reading, AHandedRowIsLeftOutUnderItsEpochAndReadUnderAnother) {
  const auto handed = hand(lane_).id;
  const auto polled = insert(lane_task("p"));
  EXPECT_THAT(ids_of(read_all(lane_)), ElementsAre(polled));
  const auto next = must(ownership_of_nodes().renew(n1_, lane_)).held;
  EXPECT_THAT(ids_of(read_all(next)), ElementsAre(handed, polled));
}

TEST_F(reading, RecoveringLeavesOutWhatIsFinishedOrInOpen) {
  must(tasks().insert(std::vector<insert_row>(4, lane_task("t"))));
  const auto rows = read_all(lane_);
  finish({result_row(rows.at(0), 'd'), open_row(rows.at(1), 'i')});
  finish({result_row(rows.at(2), 's', 1, "superseded by 999")});
  EXPECT_THAT(ids_of(read_all(lane_, true)), ElementsAre(rows.at(3).id));
  EXPECT_THAT(read_all(lane_, false), testing::SizeIs(4)) << "without recover nothing is looked up";
}

TEST_F(reading, RecoveringFindsATaskWhoseRowInOpenWasRemovedWithoutAResult) {
  insert(lane_task("t"));
  const auto rows = read_all(lane_);
  finish({open_row(rows.at(0), 'w')});
  auto removal = open_row(rows.at(0), 'w');
  removal.open = finish_row::open_change::remove;
  finish({removal});
  EXPECT_THAT(ids_of(read_all(lane_, true)), ElementsAre(rows.at(0).id));
}

TEST_F(reading, ATaskThatIsNotYetDueSaysForHowLong) {
  auto later = lane_task("later");
  later.do_after = store().now() + std::chrono::hours{1};
  auto past = lane_task("past");
  past.do_after = store().now() - std::chrono::hours{1};
  insert(later);
  insert(past);
  const auto rows = read_all(lane_);
  ASSERT_THAT(rows, testing::SizeIs(2));
  ASSERT_TRUE(rows.at(0).due_in.has_value());
  EXPECT_GT(*rows.at(0).due_in, std::chrono::minutes{59});
  EXPECT_LE(*rows.at(0).due_in, std::chrono::minutes{60});
  EXPECT_FALSE(rows.at(1).due_in.has_value());
}

TEST_F(reading, EveryFieldOfATaskComesBackWhateverIsInIt) {
  const std::string awkward = R"(it's {"a",NULL} \ $1 ; drop table -- %)";
  auto row = lane_task(awkward.substr(0, 40), awkward + "\n\ttab \xc3\xa9 \xe2\x82\xac");
  row.data =
      R"({"text": "quote \" backslash \\ newline \n euro \u20ac", "n": [1, 2.5, null, true], "o": {}})";
  row.created_by = "o'brien, \"x\"";
  row.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto before = store().now();
  const auto id = insert(row);
  const auto rows = read_all(lane_);
  ASSERT_THAT(rows, testing::SizeIs(1));
  const auto& found = rows.front();
  EXPECT_EQ(found.id, id);
  EXPECT_EQ(found.part, lane_.part);
  EXPECT_EQ(found.name, row.name);
  EXPECT_EQ(found.key, row.key);
  EXPECT_EQ(nlohmann::json::parse(found.data), nlohmann::json::parse(row.data));
  EXPECT_EQ(found.created_by, *row.created_by);
  EXPECT_EQ(found.traceparent, row.traceparent);
  EXPECT_GE(found.created_at, before - std::chrono::seconds{1});
  EXPECT_LE(found.created_at, store().now() + std::chrono::seconds{1});
  EXPECT_FALSE(found.open);
  EXPECT_EQ(found.attempts + found.crashes + found.runs, 0);
}

}  // namespace
}  // namespace weir::conformance
