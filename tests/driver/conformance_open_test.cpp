// Open: every unfinished task that the mark has passed. Its owner alone writes it; promotion reads it.
#include "tests/driver/fixture.hpp"

namespace weir::conformance {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class open_tasks : public conformance {
 protected:
  void SetUp() override {
    conformance::SetUp();
    if (!IsSkipped()) own_lane();
  }
  std::vector<task_row> given(const std::vector<insert_row>& rows) {
    must(tasks().insert(rows));
    return read_all(lane_);
  }
};

TEST_F(open_tasks, ARetryComesBackWithWhatItHasBehindIt) {
  auto wanted = lane_task("t", "k");
  wanted.data = R"({"n": 7})";
  wanted.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto row = given({wanted}).at(0);
  auto retry = open_row(row, 'r');
  retry.result = 'r';
  retry.number = 3;
  retry.started_at = store().now();
  retry.message = "not now";
  retry.attempts = 2;
  retry.crashes = 1;
  retry.runs = 3;
  const auto reply = finish({retry});
  ASSERT_THAT(reply.earliest_put, SizeIs(1));
  EXPECT_EQ(reply.earliest_put.at(0).first, lane_.part);

  const auto due = promote(lane_);
  ASSERT_THAT(due.rows, SizeIs(1));
  const auto& back = due.rows.at(0);
  EXPECT_EQ(back.id, row.id);
  EXPECT_EQ(back.xid, row.xid);
  EXPECT_EQ(back.part, lane_.part);
  EXPECT_EQ(back.name, "t");
  EXPECT_EQ(back.key, "k");
  EXPECT_EQ(back.data, row.data);
  EXPECT_EQ(back.created_by, row.created_by);
  EXPECT_EQ(back.created_at, row.created_at);
  EXPECT_EQ(back.traceparent, row.traceparent);
  EXPECT_EQ(back.attempts, 2);
  EXPECT_EQ(back.crashes, 1);
  EXPECT_EQ(back.runs, 3);
  EXPECT_TRUE(back.open);
  EXPECT_EQ(back.due_order, reply.earliest_put.at(0).second);
  EXPECT_EQ(must(console().task(row.id)).state, task_state::retry);
  EXPECT_EQ(must(console().task(row.id)).message, "not now");
}

TEST_F(open_tasks, WhatIsNotDueIsNotPromotedButAnnounced) {
  const auto row = given({lane_task("t")}).at(0);
  finish({open_row(row, 'w', hours{1})});
  const auto reply = promote(lane_);
  EXPECT_THAT(reply.rows, IsEmpty());
  ASSERT_THAT(reply.next_due, SizeIs(1));
  EXPECT_EQ(reply.next_due.at(0).first, lane_.part);
  ASSERT_TRUE(reply.next_due.at(0).second.has_value());
  EXPECT_GT(*reply.next_due.at(0).second, std::chrono::minutes{59});
  EXPECT_LE(*reply.next_due.at(0).second, hours{1});
}

TEST_F(open_tasks, APartitionWithoutOpenTasksAnnouncesNothing) {
  const auto reply = promote(lane_);
  EXPECT_THAT(reply.rows, IsEmpty());
  ASSERT_THAT(reply.next_due, SizeIs(1));
  EXPECT_EQ(reply.next_due.at(0).second, std::nullopt);
}

TEST_F(open_tasks, PromotionGoesByDueTimeFromItsCursor) {
  const auto rows = given(std::vector<insert_row>(4, lane_task("t")));
  finish({open_row(rows.at(0), 'w', milliseconds{-1000}), open_row(rows.at(1), 'w', milliseconds{-3000}),
          open_row(rows.at(2), 'w', milliseconds{-2000}), open_row(rows.at(3), 'w', hours{1})});
  promote_request request;
  request.held = lane_;
  request.limit = 2;
  auto reply = must(tasks().promote({request}));
  EXPECT_THAT(ids_of(reply.rows), ElementsAre(rows.at(1).id, rows.at(2).id));
  ASSERT_TRUE(reply.next_due.at(0).second.has_value());
  EXPECT_LE(*reply.next_due.at(0).second, milliseconds{0}) << "one more is due already";

  request.after_due = reply.rows.back().due_order;
  request.after_id = reply.rows.back().id;
  reply = must(tasks().promote({request}));
  EXPECT_THAT(ids_of(reply.rows), ElementsAre(rows.at(0).id));
  ASSERT_TRUE(reply.next_due.at(0).second.has_value());
  EXPECT_GT(*reply.next_due.at(0).second, std::chrono::minutes{59})
      << "what was promoted is not announced again";
}

TEST_F(open_tasks, PuttingAgainReplacesTheRow) {
  const auto row = given({lane_task("t")}).at(0);
  finish({open_row(row, 'i')});
  EXPECT_EQ(must(console().task(row.id)).state, task_state::in_progress);
  auto retry = open_row(row, 'r', hours{1});
  retry.result = 'r';
  retry.number = 1;
  retry.started_at = store().now();
  retry.runs = 1;
  finish({retry});
  EXPECT_EQ(must(console().task(row.id)).state, task_state::retry);
  EXPECT_THAT(promote(lane_).rows, IsEmpty());
}

TEST_F(open_tasks, AFinalResultWithARemovalLeavesNothingToPromote) {
  const auto row = given({lane_task("t")}).at(0);
  finish({open_row(row, 'i')});
  auto done = result_row(row, 'd');
  done.open = finish_row::open_change::remove;
  finish({done});
  EXPECT_THAT(promote(lane_).rows, IsEmpty());
  EXPECT_EQ(must(console().task(row.id)).state, task_state::done);
  EXPECT_EQ(counts_of("lane").in_progress, 0);
}

TEST_F(open_tasks, AStaleEpochPutsAndRemovesNothing) {
  const auto rows = given({lane_task("a"), lane_task("b")});
  finish({open_row(rows.at(0), 'r')});
  const auto stale = lane_;
  lane_ = must(ownership_of_nodes().renew(n1_, lane_)).held;
  finish_request late;
  late.node = n1_;
  late.held = {stale};
  auto removal = open_row(rows.at(0), 'w');
  removal.open = finish_row::open_change::remove;
  late.rows = {removal, open_row(rows.at(1), 'i')};
  const auto reply = must(tasks().finish(late));
  EXPECT_THAT(reply.held, IsEmpty());
  EXPECT_THAT(reply.earliest_put, IsEmpty());
  EXPECT_THAT(ids_of(promote(lane_).rows), ElementsAre(rows.at(0).id));
}

TEST_F(open_tasks, TheNextOwnerLearnsWhatItsPredecessorWasAt) {
  const auto rows = given({lane_task("marked"), lane_task("shown"), lane_task("waits")});
  auto marked = open_row(rows.at(0), 'i');
  marked.marked = true;
  finish({marked, open_row(rows.at(1), 'i'), open_row(rows.at(2), 'w')});
  EXPECT_THAT(ids_of(promote(lane_).rows), ElementsAre(rows.at(2).id)) << "the others run here";
  const fence former = lane_;
  take_over_lane();
  const auto found = promote(lane_).rows;
  ASSERT_THAT(ids_of(found), testing::UnorderedElementsAre(rows.at(0).id, rows.at(1).id, rows.at(2).id));
  for (const task_row& row : found) {
    EXPECT_EQ(row.left.has_value(), row.id != rows.at(2).id) << row.name;
    if (!row.left) continue;
    EXPECT_EQ(row.left->epoch, former.epoch);
    EXPECT_EQ(row.left->marked, row.id == rows.at(0).id);
    EXPECT_GE(row.left->took.count(), 0);
    EXPECT_LE(row.left->since, store().now());
  }
}

TEST_F(open_tasks, ARunIsShownSinceItsStartAndNeverPromotedHere) {
  const auto rows = given({lane_task("long"), lane_task("soon")});
  const auto reply = finish({open_row(rows.at(0), 'i', -std::chrono::seconds{90})});
  EXPECT_THAT(reply.earliest_put, IsEmpty()) << "it runs here";
  finish({open_row(rows.at(1), 'r')});
  EXPECT_THAT(ids_of(promote(lane_).rows), ElementsAre(rows.at(1).id));
  const auto shown = store().now();
  take_over_lane();
  const auto found = promote(lane_).rows;
  ASSERT_THAT(ids_of(found), ElementsAre(rows.at(0).id, rows.at(1).id)) << "what was begun first comes first";
  ASSERT_TRUE(found.at(0).left.has_value());
  EXPECT_LT(found.at(0).left->since, shown - std::chrono::seconds{60});
  EXPECT_GE(found.at(0).left->took, std::chrono::seconds{60});
}

TEST_F(open_tasks, AnAttemptOfAFormerOwnerNamesItsNode) {
  const auto row = given({lane_task("t")}).at(0);
  finish({open_row(row, 'i')});
  const fence former = lane_;
  take_over_lane();
  finish_request request;
  request.node = n2_;
  request.held = {lane_};
  auto crash = result_row(row, 'x', 1, "its node ended");
  crash.epoch = former.epoch;
  crash.open = finish_row::open_change::put;
  crash.open_state = 'i';
  crash.runs = crash.crashes = 1;
  auto last = result_row(row, 'X', 2, "crashed 2 times");
  request.rows = {crash};
  must(tasks().finish(request));
  last.open = finish_row::open_change::remove;
  request.rows = {last};
  must(tasks().finish(request));
  const auto attempts = must(console().attempts(row.id));
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts.at(0).node, "n1");
  EXPECT_EQ(attempts.at(0).epoch, former.epoch);
  EXPECT_EQ(attempts.at(1).node, "n2");
  EXPECT_EQ(must(console().task(row.id)).state, task_state::failed);
}

TEST_F(open_tasks, TheNextOwnerLearnsHowTheProcessOfTheLastOneEnded) {
  const auto row = given({lane_task("t")}).at(0);
  finish({open_row(row, 'i')});
  must(membership().note_process_end(n1_, "was killed by signal 11"));
  must(membership().note_process_end(n1_, "exited with 3"));  // whoever comes later knows less
  take_over_lane();
  const auto due = promote(lane_);
  ASSERT_THAT(due.rows, SizeIs(1));
  ASSERT_TRUE(due.rows.at(0).left.has_value());
  EXPECT_EQ(due.rows.at(0).left->ended_by, "was killed by signal 11");
}

TEST_F(open_tasks, TheNextOwnerLearnsWhatWaits) {
  const auto rows =
      given({lane_task("a", "k"), lane_task("b"), lane_task("c", "other"), lane_task("d", "k")});
  auto keyed = open_row(rows.at(0), 'r', hours{2});
  keyed.runs = 4;
  finish({keyed, open_row(rows.at(1), 'i', hours{1}), open_row(rows.at(2), 'w', hours{3})});
  const auto found = take_over_lane();
  ASSERT_TRUE(found.next_due.has_value());
  EXPECT_GT(*found.next_due, std::chrono::minutes{59});
  EXPECT_LE(*found.next_due, hours{1});
  ASSERT_THAT(found.keyed, SizeIs(2));
  const auto& first = found.keyed.at(found.keyed.at(0).id == rows.at(0).id ? 0 : 1);
  EXPECT_EQ(first.id, rows.at(0).id);
  EXPECT_EQ(first.name, "a");
  EXPECT_EQ(first.key, "k");
  EXPECT_EQ(first.runs, 4);
}

TEST_F(open_tasks, AnOverdueTaskIsAnnouncedWithANegativeWait) {
  const auto row = given({lane_task("t")}).at(0);
  finish({open_row(row, 'i', milliseconds{-5000})});
  const auto found = must(ownership_of_nodes().renew(n1_, lane_));
  ASSERT_TRUE(found.next_due.has_value());
  EXPECT_LT(*found.next_due, milliseconds{-4000});
}

TEST_F(open_tasks, WhatADeadOwnerWasRunningIsPromotedByTheNext) {
  const auto row = given({lane_task("t")}).at(0);
  auto running = open_row(row, 'i');
  running.crashes = 1;
  running.runs = 1;
  finish({running});
  take_over_lane();
  const auto reply = promote(lane_);
  ASSERT_THAT(reply.rows, SizeIs(1));
  EXPECT_EQ(reply.rows.at(0).id, row.id);
  EXPECT_EQ(reply.rows.at(0).crashes, 1);
}

TEST_F(open_tasks, WhatRunsUnderThisEpochIsNotPromotedButTheNextEpochFindsIt) {
  const auto row = given({lane_task("t")}).at(0);
  finish({open_row(row, 'i')});
  const auto reply = promote(lane_);
  EXPECT_THAT(reply.rows, IsEmpty());
  EXPECT_EQ(reply.next_due.at(0).second, std::nullopt);
  const auto next = must(ownership_of_nodes().renew(n1_, lane_)).held;
  EXPECT_THAT(ids_of(promote(next).rows), ElementsAre(row.id));
}

TEST_F(open_tasks, TheNewestUnreadTaskOfAKeyIsNamed) {
  const auto rows =
      given({lane_task("t", "k"), lane_task("t", "k"), lane_task("t", "k"), lane_task("t", "lonely")});
  newer_request oldest{lane_.part, rows.at(0).id, "t", "k"};
  newer_request newest{lane_.part, rows.at(2).id, "t", "k"};
  newer_request lonely{lane_.part, rows.at(3).id, "t", "lonely"};
  auto reply = must(tasks().newer({oldest, newest, lonely}, {}));
  ASSERT_THAT(reply, SizeIs(1));
  EXPECT_EQ(reply.at(0).id, rows.at(0).id);
  EXPECT_EQ(reply.at(0).newer, rows.at(2).id);

  reply = must(tasks().newer({oldest}, {rows.at(2).id}));
  ASSERT_THAT(reply, SizeIs(1));
  EXPECT_EQ(reply.at(0).newer, rows.at(1).id) << "one that runs already supersedes nothing";
  EXPECT_THAT(must(tasks().newer({}, {})), IsEmpty());
}

TEST_F(open_tasks, OnlyAnUnfinishedDueTaskOfTheSameNameAndKeyIsNewer) {
  auto later = lane_task("t", "k");
  later.do_after = store().now() + hours{1};
  const auto rows = given({lane_task("t", "k"), lane_task("other", "k"), lane_task("t", "K"), later,
                           lane_task("t", "k"), lane_task("t", "k")});
  finish({result_row(rows.at(4), 'd'), open_row(rows.at(5), 'r')});
  EXPECT_THAT(must(tasks().newer({{lane_.part, rows.at(0).id, "t", "k"}}, {})), IsEmpty());
}

TEST_F(open_tasks, AnUncommittedTaskIsNotNewer) {
  const auto row = given({lane_task("t", "k")}).at(0);
  auto slow = store().begin();
  const auto id = slow->insert(lane_task("t", "k"));
  EXPECT_THAT(must(tasks().newer({{lane_.part, row.id, "t", "k"}}, {})), IsEmpty());
  slow->commit();
  const auto reply = must(tasks().newer({{lane_.part, row.id, "t", "k"}}, {}));
  ASSERT_THAT(reply, SizeIs(1));
  EXPECT_EQ(reply.at(0).newer, id);
}

}  // namespace
}  // namespace weir::conformance
