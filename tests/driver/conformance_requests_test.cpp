// What people ask of tasks: kept until the row that answers it has committed; decided at once where nobody owns.
#include "tests/driver/fixture.hpp"

namespace weir::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using what = task_request::what;

class requests : public conformance {
 protected:
  void SetUp() override {
    conformance::SetUp();
    if (!IsSkipped()) own_lane();
  }
  std::vector<order_answer> order(what kind, std::vector<task_id> ids,
                                  std::optional<wall_time> not_before = {}) {
    return must(console().order({kind, std::move(ids), not_before, "ann"}));
  }
  std::vector<task_request> pending(std::int64_t after = 0, int limit = 100) {
    return must(tasks().requests({{lane_, after}}, limit));
  }
  task_state state_of(task_id id) { return must(console().task(id)).state; }
  void free_lane() { must(ownership_of_nodes().release(n1_, lane_)); }
};

TEST_F(requests, ReachTheOwnerWithWhatOpenKnowsOfTheTask) {
  insert(lane_task("t", "k"));
  const auto row = read_all(lane_).at(0);
  auto waits = open_row(row, 'r', std::chrono::hours{1});
  waits.attempts = 2;
  waits.crashes = 1;
  waits.runs = 3;
  finish({waits});
  EXPECT_THAT(order(what::snooze, {row.id}, store().now() + std::chrono::hours{2}),
              ElementsAre(order_answer::asked));
  const auto asked = pending();
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_EQ(asked[0].task, row.id);
  EXPECT_EQ(asked[0].part, lane_.part);
  EXPECT_EQ(asked[0].kind, what::snooze);
  EXPECT_GT(asked[0].due_in, std::chrono::minutes{119});
  EXPECT_LE(asked[0].due_in, std::chrono::hours{2});
  EXPECT_EQ(asked[0].asked_by, "ann");
  EXPECT_EQ(asked[0].name, "t");
  EXPECT_EQ(asked[0].key, "k");
  EXPECT_TRUE(asked[0].open);
  EXPECT_FALSE(asked[0].ended);
  EXPECT_EQ(asked[0].attempts, 2);
  EXPECT_EQ(asked[0].crashes, 1);
  EXPECT_EQ(asked[0].runs, 3);
}

TEST_F(requests, AreShownByTheBeatOfTheOwnerOnly) {
  const task_id id = insert(lane_task("t"));
  EXPECT_THAT(must(membership().beat(n1_)).requested, IsEmpty());
  order(what::cancel, {id});
  EXPECT_THAT(must(membership().beat(n1_)).requested, ElementsAre(lane_.part));
  const node_id other = join("n2");
  EXPECT_THAT(must(membership().beat(other)).requested, IsEmpty());
}

TEST_F(requests, StayUntilARowOfTheirOwnAnswersThem) {
  const task_id id = insert(lane_task("t"));
  const auto row = read_all(lane_).at(0);
  order(what::cancel, {id});
  finish({open_row(row, 'w')});
  ASSERT_THAT(pending(), SizeIs(1));
  auto done = result_row(row, 'c', 1, "cancelled by ann");
  done.open = finish_row::open_change::remove;
  done.request = pending().at(0).id;
  finish({done});
  EXPECT_THAT(pending(), IsEmpty());
  EXPECT_EQ(state_of(id), task_state::cancelled);
  EXPECT_THAT(order(what::cancel, {id}), ElementsAre(order_answer::ended));
}

TEST_F(requests, AnswersOfAnOwnerThatLostItsFenceCountForNothing) {
  const task_id id = insert(lane_task("t"));
  const auto row = read_all(lane_).at(0);
  order(what::cancel, {id});
  auto done = result_row(row, 'c', 1);
  done.request = pending().at(0).id;
  take_over_lane();
  EXPECT_THAT(must(tasks().finish({n1_, {{row.part, 1}}, {done}, {}, false})).held, IsEmpty());
  EXPECT_THAT(pending(), SizeIs(1));
}

TEST_F(requests, ALaterOneTakesThePlaceOfAnEarlierAndIsNotAnsweredWithIt) {
  const task_id id = insert(lane_task("t"));
  const auto row = read_all(lane_).at(0);
  order(what::retry, {id});
  const auto first = pending().at(0).id;
  order(what::cancel, {id});
  ASSERT_THAT(pending(), SizeIs(1));
  EXPECT_GT(pending().at(0).id, first);
  EXPECT_EQ(pending().at(0).kind, what::cancel);
  auto answer = open_row(row, 'w');
  answer.request = first;
  finish({answer});
  EXPECT_THAT(pending(), SizeIs(1));
}

TEST_F(requests, ComeInPages) {
  for (int i = 0; i < 5; ++i) order(what::cancel, {insert(lane_task("t"))});
  const auto page = pending(0, 2);
  ASSERT_THAT(page, SizeIs(2));
  EXPECT_THAT(pending(page.back().id, 100), SizeIs(3));
}

TEST_F(requests, OfARunningTaskOnlyCancelIsTaken) {
  const task_id id = insert(lane_task("t"));
  finish({open_row(read_all(lane_).at(0), 'i')});
  EXPECT_THAT(order(what::retry, {id}), ElementsAre(order_answer::running));
  EXPECT_THAT(order(what::snooze, {id}, store().now()), ElementsAre(order_answer::running));
  EXPECT_THAT(order(what::cancel, {id}), ElementsAre(order_answer::asked));
}

TEST_F(requests, AreDecidedAtOnceWhereNobodyOwnsThePartition) {
  const task_id unread = insert(lane_task("unread", "k"));
  const task_id later = insert(lane_task("later"));
  const task_id snoozed = insert(lane_task("snoozed"));
  free_lane();
  EXPECT_THAT(order(what::cancel, {unread, 999, later, unread}),
              ElementsAre(order_answer::done, order_answer::unknown, order_answer::done, order_answer::done));
  EXPECT_THAT(order(what::snooze, {snoozed}, store().now() + std::chrono::hours{1}),
              ElementsAre(order_answer::done));
  EXPECT_EQ(state_of(unread), task_state::cancelled);
  EXPECT_EQ(must(console().task(unread)).message, "cancelled by ann");
  EXPECT_GT(must(console().task(snoozed)).do_after, store().now() + std::chrono::minutes{50});
  EXPECT_EQ(counts_of("lane").cancelled, 2);
  EXPECT_EQ(counts_of("lane").ready, 1);
  const auto start = own(n1_, "n1", lane_.part);
  EXPECT_THAT(read(start.held, start.mark, true).rows, IsEmpty()) << "all are accounted for";
  EXPECT_THAT(must(tasks().requests({{start.held, 0}}, 10)), IsEmpty());
}

TEST_F(requests, ARetryOfAFreeTaskMakesItDue) {
  const task_id id = insert(lane_task("t"));
  finish({open_row(read_all(lane_).at(0), 'r', std::chrono::hours{1})});
  free_lane();
  EXPECT_THAT(order(what::retry, {id}), ElementsAre(order_answer::done));
  const auto start = own(n1_, "n1", lane_.part);
  EXPECT_THAT(ids_of(promote(start.held).rows), ElementsAre(id));
}

TEST_F(requests, ARetryOfWhatADeadNodeWasAtTakesItsMarkAway) {
  const task_id id = insert(lane_task("t"));
  auto marked = open_row(read_all(lane_).at(0), 'i');
  marked.marked = true;
  finish({marked});
  free_lane();
  EXPECT_THAT(order(what::retry, {id}), ElementsAre(order_answer::done));
  const auto start = own(n1_, "n1", lane_.part);
  const auto rows = promote(start.held).rows;
  ASSERT_THAT(ids_of(rows), ElementsAre(id));
  EXPECT_FALSE(rows.at(0).left);
}

TEST_F(requests, OfAPausedNameNothingIsPromotedUntilItIsResumed) {
  insert(lane_task("calm"));
  insert(lane_task("loud"));
  const auto rows = read_all(lane_);
  finish({open_row(rows.at(0), 'w'), open_row(rows.at(1), 'w')});
  const auto before = must(membership().beat(n1_)).pauses;
  ASSERT_TRUE(console().pause_name("loud", std::nullopt));
  EXPECT_GT(must(membership().beat(n1_)).pauses, before);
  EXPECT_THAT(must(membership().beat(n1_)).paused_names, ElementsAre("loud"));
  const auto shown = must(console().rows()).paused;
  ASSERT_THAT(shown, SizeIs(1));
  EXPECT_EQ(shown[0].name, "loud");
  EXPECT_FALSE(shown[0].until);
  const auto due = promote(lane_);
  EXPECT_THAT(ids_of(due.rows), ElementsAre(rows.at(0).id));
  EXPECT_FALSE(due.next_due.at(0).second) << "nothing else is to come";
  const auto paused = must(membership().beat(n1_)).pauses;
  ASSERT_TRUE(console().resume_name("loud"));
  EXPECT_THAT(must(membership().beat(n1_)).paused_names, IsEmpty());
  EXPECT_GT(must(membership().beat(n1_)).pauses, paused);
  EXPECT_THAT(ids_of(promote(lane_).rows), ElementsAre(rows.at(0).id, rows.at(1).id));
}

TEST_F(requests, APauseForATimeEndsByItself) {
  ASSERT_TRUE(console().pause_name("b", store().now() + std::chrono::hours{1}));
  ASSERT_TRUE(console().pause_name("a", store().now() - std::chrono::seconds{1}));
  EXPECT_THAT(must(membership().beat(n1_)).paused_names, ElementsAre("b"));
  EXPECT_TRUE(must(console().rows()).paused.at(0).until);
  ASSERT_TRUE(console().pause_name("b", store().now() - std::chrono::seconds{1})) << "a later one counts";
  EXPECT_THAT(must(membership().beat(n1_)).paused_names, IsEmpty());
}

TEST_F(requests, RefuseToResumeWhatIsNotPausedAndNamesThatAreNone) {
  EXPECT_EQ(console().resume_name("loud").error().code, errc::not_found);
  EXPECT_EQ(console().pause_name("", std::nullopt).error().code, errc::invalid);
}

TEST_F(requests, RequeueCopiesWhatHasEnded) {
  insert(lane_task("t", "k"));
  const task_id unfinished = insert(lane_task("u"));
  const auto rows = read_all(lane_);
  finish({result_row(rows.at(0), 'f', 1, "no")});
  const auto made = must(console().requeue({unfinished, rows.at(0).id, 999}, "ann"));
  ASSERT_THAT(made, SizeIs(3));
  EXPECT_EQ(made[0], 0);
  EXPECT_EQ(made[2], 0);
  const auto again = must(console().task(made[1]));
  EXPECT_EQ(again.name, "t");
  EXPECT_EQ(again.key, "k");
  EXPECT_EQ(again.stream, "lane");
  EXPECT_EQ(again.created_by, "ann");
  EXPECT_EQ(again.state, task_state::ready);
  EXPECT_EQ(state_of(rows.at(0).id), task_state::failed) << "the old one keeps its end";
}

}  // namespace
}  // namespace weir::conformance
