// Inserting: routed by the store, or handed straight into partitions that the node owns. A store may insert a node's
// tasks by another way than a program's, so all of it is tried as both.
#include "tests/driver/fixture.hpp"

namespace weir::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class inserting : public conformance, public testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    conformance::SetUp();
    if (!IsSkipped()) own_lane();
  }
  /// By a node that offers nothing, or by a program.
  result<std::vector<inserted>> put(const std::vector<insert_row>& rows) {
    return tasks().insert(rows, GetParam() ? hand_offer{n1_, {}} : hand_offer{});
  }
};
INSTANTIATE_TEST_SUITE_P(by, inserting, testing::Bool(),
                         [](const auto& one) { return one.param ? "node" : "program"; });

TEST_P(inserting, IdsGrowInTheOrderOfTheRows) {
  const auto rows = must(put({task_of("a", "k1"), lane_task("b"), task_of("c"), lane_task("d", "k2")}));
  ASSERT_THAT(rows, testing::SizeIs(4));
  for (std::size_t i = 1; i < rows.size(); ++i) {
    EXPECT_LT(rows.at(i - 1).id, rows.at(i).id);
    EXPECT_EQ(rows.at(i).xid, rows.front().xid);
  }
  EXPECT_GT(must(put({task_of("e")})).at(0).id, rows.back().id);
}

TEST_P(inserting, TasksOfOneKeyShareAPartition) {
  std::vector<insert_row> rows;
  for (int i = 0; i < 4; ++i) rows.push_back(task_of("a", "same"));
  const auto placed = must(put(rows));
  for (const auto& row : placed) EXPECT_EQ(row.part, placed.front().part);
  EXPECT_EQ(must(console().enqueue({task_of("a", "same")})).at(0).part, placed.front().part);
}

TEST_P(inserting, KeysSpreadOverThePartitionsOfAParallelStream) {
  std::vector<insert_row> keyed, keyless;
  for (int i = 0; i < 64; ++i) {
    keyed.push_back(task_of("a", "key-" + std::to_string(i)));
    keyless.push_back(task_of("a"));
  }
  std::set<part_id> parts, round;
  for (const auto& row : must(put(keyed))) parts.insert(row.part);
  for (const auto& row : must(put(keyless))) round.insert(row.part);
  EXPECT_GE(parts.size(), 8U);
  EXPECT_EQ(round.size(), 16U) << "tasks without a key go round";
}

TEST_P(inserting, ATaskNameWithARouteGoesToItsStream) {
  declarations wanted;
  wanted.routes = {{"routed", "lane"}};
  EXPECT_THAT(must(coordination().declare(n1_, wanted)), IsEmpty());
  const auto rows = must(put({task_of("routed"), task_of("unrouted")}));
  EXPECT_EQ(rows.at(0).part, lane_.part);
  EXPECT_NE(rows.at(1).part, lane_.part);
  auto elsewhere = task_of("routed");
  elsewhere.stream = "default";
  EXPECT_NE(must(put({elsewhere})).at(0).part, lane_.part) << "a named stream goes before the route";
}

TEST_P(inserting, AnEmptyKeyIsNoKey) {
  must(put({lane_task("a", "")}));
  EXPECT_EQ(read_all(lane_).at(0).key, std::nullopt);
  hand(lane_, "");
  const auto next = must(ownership_of_nodes().renew(n1_, lane_)).held;
  EXPECT_EQ(read_all(next).at(1).key, std::nullopt);
}

TEST_P(inserting, AKeyThatSpellsNullIsAKey) {
  must(put({lane_task("a", "NULL")}));
  EXPECT_EQ(read_all(lane_).at(0).key, "NULL");
}

TEST_P(inserting, OneBadRowRefusesAll) {
  const auto refused = put({lane_task("good"), lane_task(std::string(65, 'n'))});
  EXPECT_EQ(code_of(refused), errc::invalid);
  EXPECT_EQ(code_of(put({lane_task("good"), lane_task("a", std::string(513, 'k'))})), errc::invalid);
  EXPECT_EQ(code_of(put({lane_task("good"), lane_task("")})), errc::invalid);
  EXPECT_THAT(read_all(lane_), IsEmpty());
}

TEST_P(inserting, ADoAfterThatNoPageCanSpellIsRefused) {
  auto row = lane_task("a");
  row.do_after = wall_time{std::chrono::seconds{253'370'764'800}};  // the year 9999
  EXPECT_EQ(code_of(put({row})), errc::invalid);
  row.do_after = wall_time::max();
  EXPECT_EQ(code_of(put({row})), errc::invalid);
  row.do_after = wall_time{std::chrono::seconds{253'370'764'799}};
  must(put({row}));
  EXPECT_THAT(read_all(lane_), testing::SizeIs(1));
}

TEST_P(inserting, TheLongestNameAndKeyAreTaken) {
  std::string name;
  for (int i = 0; i < 64; ++i) name += "\xc3\xa9";  // 64 characters, 128 bytes
  must(put({lane_task(name, std::string(512, 'k'))}));
  EXPECT_EQ(read_all(lane_).at(0).name, name);
}

TEST_P(inserting, AnUnknownStreamIsRefusedByName) {
  auto row = task_of("a");
  row.stream = "nowhere";
  const auto refused = put({row});
  ASSERT_EQ(code_of(refused), errc::invalid);
  EXPECT_THAT(refused.error().message, HasSubstr("nowhere"));
}

TEST_P(inserting, NoRowsAreNoError) {
  EXPECT_THAT(must(put({})), IsEmpty());
  EXPECT_THAT(must(tasks().insert({}, {n1_, {lane_}})), IsEmpty());
}

TEST_P(inserting, DueRowsOfOfferedPartitionsAreHandedAndTheOthersArePolled) {
  auto later = lane_task("c");
  later.do_after = store().now() + std::chrono::hours{1};
  const auto rows =
      must(tasks().insert({lane_task("a", "k"), task_of("b"), later, lane_task("d")}, {n1_, {lane_}}));
  ASSERT_THAT(rows, testing::SizeIs(4));
  EXPECT_TRUE(rows.at(0).handed);
  EXPECT_EQ(rows.at(0).part, lane_.part);
  EXPECT_FALSE(rows.at(1).handed) << "of another partition";
  EXPECT_FALSE(rows.at(2).handed) << "not due yet";
  EXPECT_TRUE(rows.at(3).handed);
  EXPECT_THAT(ids_of(read_all(lane_)), ElementsAre(rows.at(2).id));
  const auto next = must(ownership_of_nodes().renew(n1_, lane_)).held;
  EXPECT_THAT(ids_of(read_all(next)), ElementsAre(rows.at(0).id, rows.at(2).id, rows.at(3).id));
}

TEST_P(inserting, AHandedRowTellsWhatAReadWouldHaveShown) {
  auto named = lane_task("a", "k");
  named.created_by = "somebody";
  const auto row = must(tasks().insert({named, lane_task("b")}, {n1_, {lane_}})).at(0);
  const auto next = must(ownership_of_nodes().renew(n1_, lane_)).held;
  const auto read = read_all(next);
  EXPECT_EQ(row.created_by, "somebody");
  EXPECT_EQ(row.created_at, read.at(0).created_at);
  EXPECT_EQ(row.xid, read.at(0).xid);
}

TEST_P(inserting, WhatIsNoTraceContextIsRefusedAndNothingIsInserted) {
  auto traced = lane_task("a");
  for (const char* text : {"hello", "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-\r\nX: y"}) {
    traced.traceparent = text;
    EXPECT_EQ(code_of(put({lane_task("b"), traced})), errc::invalid) << text;
  }
  EXPECT_THAT(read_all(lane_), IsEmpty());
}

TEST_P(inserting, RowsOfAPartitionThatWasLostAreLeftToItsNextOwner) {
  const fence stale{lane_.part, lane_.epoch - 1};
  const auto late = must(tasks().insert({lane_task("d")}, {n1_, {stale}})).at(0);
  EXPECT_FALSE(late.handed);
  const auto thief = join("thief");
  const auto strange = must(tasks().insert({lane_task("a")}, {thief, {lane_}})).at(0);
  EXPECT_FALSE(strange.handed) << "the partition is not its own";
  EXPECT_THAT(ids_of(read_all(lane_)), ElementsAre(late.id, strange.id));
}

TEST_P(inserting, HandedAndPolledTasksTakeTheirIdsFromOneSequence) {
  const auto a = must(put({lane_task("a")})).at(0).id;
  const auto b = hand(lane_).id;
  auto slow = store().begin();
  const auto c = slow->insert(task_of("c"));
  const auto d = must(console().enqueue({task_of("d")})).at(0).id;
  EXPECT_THAT((std::vector<task_id>{a, b, c, d}), testing::WhenSorted(ElementsAre(a, b, c, d)));
  EXPECT_LT(a, b);
  EXPECT_LT(b, c);
  EXPECT_LT(c, d);
}

std::vector<insert_row> message(const std::string& token, std::vector<insert_row> rows) {
  for (insert_row& row : rows) row.token = token;
  return rows;
}

constexpr auto first_token = "0198c0de-0000-7000-8000-000000000001";
constexpr auto second_token = "0198c0de-0000-7000-8000-000000000002";

TEST_P(inserting, AMessageThatIsSentAgainIsInsertedOnceAndGetsTheSameIds) {
  const auto once = message(first_token, {task_of("a", "k"), lane_task("b")});
  const auto before = ids_of(must(put(once)));
  EXPECT_EQ(ids_of(must(put(once))), before);
  const auto again = must(store().driver().open_tasks()->insert(once));
  EXPECT_EQ(ids_of(again), before) << "from another session";
  for (const auto& row : again) EXPECT_FALSE(row.handed);
  const auto other = ids_of(must(put(message(second_token, {task_of("a", "k")}))));
  EXPECT_GT(other.at(0), before.at(1));
}

TEST_P(inserting, ABatchMayHoldMessagesOldAndNewEachInItsPlace) {
  const auto before = ids_of(must(put(message(first_token, {task_of("a"), task_of("b")}))));
  std::vector<insert_row> batch = {task_of("c")};
  for (auto& row : message(first_token, {task_of("a"), task_of("b")})) batch.push_back(row);
  for (auto& row : message(second_token, {task_of("d"), task_of("e")})) batch.push_back(row);
  const auto made = ids_of(must(put(batch)));
  ASSERT_THAT(made, testing::SizeIs(5));
  EXPECT_THAT(std::vector<task_id>(made.begin() + 1, made.begin() + 3), testing::ElementsAreArray(before));
  EXPECT_GT(made[0], before[1]);
  EXPECT_LT(made[0], made[3]);
  EXPECT_LT(made[3], made[4]);
  EXPECT_EQ(must(console().task(made[0])).name, "c");
  EXPECT_EQ(must(console().task(made[4])).name, "e");
}

TEST_P(inserting, MessagesWhoseRowsAlternateAreEachAnsweredWithTheirOwnIds) {
  const auto first = message(first_token, {task_of("a"), task_of("c")});
  const auto second = message(second_token, {task_of("b"), task_of("d")});
  const auto made = ids_of(must(put({first[0], second[0], first[1], second[1]})));
  EXPECT_THAT(ids_of(must(put(first))), testing::ElementsAre(made[0], made[2]));
  EXPECT_THAT(ids_of(must(put(second))), testing::ElementsAre(made[1], made[3]));
}

TEST_P(inserting, ARepeatedMessageIsNotHandedAgain) {
  const hand_offer offer{n1_, {lane_}};
  const auto rows = message(first_token, {lane_task("b")});
  ASSERT_TRUE(must(tasks().insert(rows, offer)).at(0).handed);
  const auto again = must(tasks().insert(rows, offer));
  EXPECT_FALSE(again.at(0).handed);
  EXPECT_EQ(again.at(0).part, 0);
}

TEST_P(inserting, ATokenOfAnotherNumberOfTasksIsRefusedAndNothingIsInserted) {
  must(put(message(first_token, {task_of("a"), task_of("b")})));
  for (const auto& wrong : {message(first_token, {task_of("a")}),
                            message(first_token, {task_of("a"), task_of("b"), task_of("c")})}) {
    auto batch = wrong;
    batch.push_back(task_of("innocent"));
    EXPECT_EQ(code_of(put(batch)), errc::invalid);
  }
  EXPECT_EQ(must(console().count_unfinished("innocent", 10)), 0);
}

}  // namespace
}  // namespace weir::conformance
