// Retention: what is too old goes, what is unfinished or kept longer stays, and nobody sees where it is kept.
#include "tests/driver/fixture.hpp"

namespace weir::conformance {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using what = retention_walk::what;

class retaining : public conformance {
 protected:
  void SetUp() override {
    conformance::SetUp();
    if (IsSkipped()) return;
    own_lane();
    retention_ = store().driver().open_retention();
  }
  retention_store& retention() { return *retention_; }

  /// A task of the lane that ended so long ago.
  task_id ended(char letter, std::chrono::milliseconds ago, const std::string& name = "sync") {
    const task_row row = new_row(name);
    finish_row result = result_row(row, letter);
    result.started_at = store().now() - ago;
    result.took = 0ms;
    finish({result});
    return row.id;
  }
  /// Tasks that ended well in one statement, each half an hour after the one before; the last of them `ago`.
  std::vector<task_id> ended_together(int count, std::chrono::milliseconds ago) {
    std::vector<finish_row> results;
    std::vector<task_id> ids;
    for (int n = 0; n < count; ++n) {
      results.push_back(result_row(new_row(), 'd'));
      results.back().took = n * 30min;
      results.back().started_at = store().now() - ago - results.at(0).took - (count - 1) * 30min;
      ids.push_back(results.back().id);
    }
    finish(results);
    return ids;
  }
  task_row new_row(const std::string& name = "sync") {
    task_row row;
    row.id = insert(lane_task(name));
    row.part = lane_.part;
    row.name = name;
    return row;
  }
  /// A task of the lane that waits for a retry.
  task_row waiting() {
    const task_row row = new_row("slow");
    finish_row result = result_row(row, 'r');
    result.open = finish_row::open_change::put;
    result.open_state = 'r';
    result.due_in = 1h;
    result.attempts = result.runs = 1;
    finish({result});
    return row;
  }
  /// The mark passes everything that is there.
  void pass_all() { finish({}, {{lane_.part, {read(lane_, start_).taken, std::nullopt, 0, 0}}}); }

  walk_reply walk(what does, std::optional<segment_number> segment = 0, int most_seen = 100,
                  int most_changed = 100) {
    retention_walk portion;
    portion.does = does;
    portion.segment = segment;
    portion.most_seen = most_seen;
    portion.most_changed = most_changed;
    portion.ages = ages_;
    walk_reply all;
    for (all.more = true; all.more; portion.after = all.upto) {
      const auto one = must(retention().walk(n1_, term_, portion));
      all.gone += one.gone;
      all.stays += one.stays;
      all.unfinished += one.unfinished;
      all.more = one.more;
      all.upto = one.upto;
      if (one.next_in) all.next_in = one.next_in;
      if (portion.after != 0 && one.more) {
        EXPECT_GT(one.upto, portion.after);
      }
    }
    return all;
  }
  bool empty(const snapshot& walked) { return must(retention().empty(n1_, term_, 0, walked)); }
  /// Clears and empties the full segment 0.
  bool let_go() {
    const auto taken = must(retention().look()).taken;
    walk(what::clear);
    return empty(taken);
  }
  bool drop(segment_number segment = 0) { return must(retention().drop(n1_, term_, segment)); }

  std::vector<task_id> known() {
    std::vector<task_id> ids;
    for (const auto& one : must(console().tasks({})).items) ids.insert(ids.begin(), one.id);
    return ids;
  }
  segment_row segment(segment_number number) {
    for (const auto& row : must(retention().look()).segments) {
      if (row.number == number) return row;
    }
    return {};
  }

  retention_policy ages_{{1h, std::nullopt, 1h}, {}};

 private:
  std::unique_ptr<retention_store> retention_;
};

TEST_F(retaining, ShowsSegmentsWithTheirAgesAndWhatNodesWant) {
  const retention_policy wanted{{1h, std::nullopt, 7ms}, {{"lane 'x'", {std::nullopt, 5ms, std::nullopt}}}};
  must(retention().declare(n1_, wanted));
  const auto first = insert(lane_task("sync"));
  auto seen = must(retention().look());
  ASSERT_EQ(seen.nodes.size(), 1U);
  EXPECT_EQ(seen.nodes.front(), wanted);
  ASSERT_FALSE(seen.segments.empty());
  const auto row = seen.segments.front();
  EXPECT_EQ(row.number, 0);
  EXPECT_TRUE(row.first_id <= first && first < row.end_id);
  EXPECT_EQ(seen.next_id, first + 1);
  ASSERT_TRUE(row.oldest && row.newest);
  EXPECT_EQ(*row.oldest, *row.newest);
  EXPECT_LE(*row.oldest, seen.now);
  EXPECT_FALSE(seen.any_kept);
}

TEST_F(retaining, ANodeThatSaysNothingKeepsEverything) {
  const auto seen = must(retention().look());
  ASSERT_EQ(seen.nodes.size(), 1U);
  EXPECT_EQ(seen.nodes.front(), retention_policy{});
  EXPECT_EQ(code_of(retention().declare(n1_ + 1000, {})), errc::refused);
}

TEST_F(retaining, DifferencesBetweenNodesAreTold) {
  must(retention().declare(n1_, {{1h, 2h, std::nullopt}, {}}));
  n2_ = join("n2");
  must(retention().declare(n2_, {{24h, 2h, std::nullopt}, {}}));
  const auto told = must(console().view()).differences;
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told.front(),
              testing::AllOf(testing::HasSubstr("[retention] done"), testing::HasSubstr("longest")));
}

TEST_F(retaining, OnlyAPassedFullSegmentIsPassed) {
  ended('d', 2h);
  pass_all();
  EXPECT_FALSE(segment(0).passed) << "it is not full";
  store().fill_segment();
  EXPECT_TRUE(segment(0).passed);
  EXPECT_EQ(segment(0).end_id, must(retention().look()).next_id);
}

TEST_F(retaining, ATaskThatIsNeitherFinishedNorInOpenHoldsItsSegmentWhereverTheMarkIs) {
  ended('d', 2h);
  pass_all();
  const auto late = new_row();
  store().fill_segment();
  EXPECT_FALSE(segment(0).passed);
  finish({open_row(late, 'w', 1h)});
  EXPECT_TRUE(segment(0).passed);
}

TEST_F(retaining, CountsWithoutChangingAnything) {
  ended('d', 2h);
  ended('d', 30min);
  ended('f', 1000h);
  waiting();
  new_row();
  const auto found = walk(what::count);
  EXPECT_EQ(found.gone, 1);
  EXPECT_EQ(found.stays, 2);
  EXPECT_EQ(found.unfinished, 1) << "what is unread is in no partition's open";
  ASSERT_TRUE(found.next_in);
  EXPECT_GT(*found.next_in, 29min);
  EXPECT_LE(*found.next_in, 30min);
  EXPECT_EQ(known().size(), 5U);
}

TEST_F(retaining, SweepsWhatIsTooOldByItsStateAndStream) {
  ages_.streams["lane"].failed = 10h;
  const auto done = ended('d', 2h), failed = ended('f', 2h), old_failed = ended('f', 11h);
  const auto cancelled = ended('c', 2h), crashed = ended('X', 11h), superseded = ended('s', 2h);
  const auto young = ended('d', 1min), retry = waiting().id, unread = new_row().id;
  EXPECT_EQ(walk(what::sweep).gone, 5);
  EXPECT_THAT(known(), ElementsAre(failed, young, retry, unread));
  for (const task_id gone : {done, old_failed, cancelled, crashed, superseded}) {
    EXPECT_EQ(code_of(console().task(gone)), errc::not_found);
    EXPECT_THAT(must(console().attempts(gone)), IsEmpty());
  }
  EXPECT_EQ(must(console().attempts(failed)).size(), 1U);
}

TEST_F(retaining, WalksInPortionsOfAnySize) {
  std::vector<task_id> stay;
  for (int n = 0; n < 7; ++n) {
    ended('d', 2h);
    stay.push_back(ended('f', 2h));
    stay.push_back(waiting().id);
  }
  pass_all();
  store().fill_segment();
  const auto counted = walk(what::count, 0, 1);
  EXPECT_EQ(counted.gone, 7);
  EXPECT_EQ(counted.stays, 7);
  EXPECT_EQ(counted.unfinished, 7);
  const auto taken = must(retention().look()).taken;
  walk(what::clear, 0, 3, 2);
  EXPECT_EQ(known().size(), 21U) << "what is only moved is seen once";
  EXPECT_TRUE(empty(taken));
  EXPECT_EQ(known(), stay);
}

TEST_F(retaining, OfTasksThatEndedTogetherEachGoesAtItsOwnTime) {
  const auto ids = ended_together(8, 15min);  // the two youngest within the hour
  EXPECT_EQ(walk(what::count).gone, 6);
  EXPECT_EQ(walk(what::sweep).gone, 6);
  EXPECT_THAT(known(), ElementsAre(ids.at(6), ids.at(7)));
  for (const task_id stays : known()) {
    EXPECT_EQ(must(console().task(stays)).state, task_state::done);
    EXPECT_EQ(must(console().attempts(stays)).size(), 1U);
  }
  for (std::size_t n = 0; n < 6; ++n) EXPECT_THAT(must(console().attempts(ids.at(n))), IsEmpty());
}

TEST_F(retaining, OfTasksThatEndedTogetherTheYoungOutliveTheirSegment) {
  const auto ids = ended_together(8, 15min);
  const auto before = must(console().attempts(ids.at(7)));
  pass_all();
  store().fill_segment();
  const auto taken = must(retention().look()).taken;
  walk(what::clear, 0, 3, 1);
  EXPECT_EQ(known(), ids) << "what is only moved is seen once";
  ASSERT_TRUE(empty(taken));
  EXPECT_THAT(known(), ElementsAre(ids.at(6), ids.at(7)));
  const auto after = must(console().attempts(ids.at(7)));
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(after.at(0).started_at, before.at(0).started_at);
  EXPECT_EQ(after.at(0).finished_at, before.at(0).finished_at);
  EXPECT_EQ(must(console().task(ids.at(6))).state, task_state::done);
  EXPECT_TRUE(drop());
}

TEST_F(retaining, ASegmentGoesAndWhatStaysIsFoundAsBefore) {
  const auto done = ended('d', 2h), failed = ended('f', 2h);
  const auto retry = waiting();
  pass_all();
  const auto before = must(console().task(failed));
  store().fill_segment();
  ASSERT_TRUE(let_go());
  EXPECT_FALSE(segment(0).oldest);
  EXPECT_TRUE(must(retention().look()).any_kept);
  EXPECT_EQ(code_of(console().task(done)), errc::not_found);
  const auto after = must(console().task(failed));
  EXPECT_EQ(after.state, task_state::failed);
  EXPECT_EQ(after.data, before.data);
  EXPECT_EQ(after.created_at, before.created_at);
  EXPECT_EQ(after.finished_at, before.finished_at);
  EXPECT_EQ(must(console().attempts(failed)).size(), 1U);
  EXPECT_EQ(must(console().task(retry.id)).state, task_state::retry);
  EXPECT_EQ(must(console().count_unfinished("slow", 10)), 1);
  EXPECT_THAT(known(), ElementsAre(failed, retry.id));
}

TEST_F(retaining, WhatOutlivesItsSegmentIsPromotedFinishedAndSweptInTheEnd) {
  const auto retry = waiting();
  pass_all();
  store().fill_segment();
  ASSERT_TRUE(let_go());
  ASSERT_TRUE(drop());
  finish_row due = open_row(retry, 'r', 0ms);
  due.attempts = due.runs = 1;
  finish({due});
  const auto promoted = promote(lane_).rows;
  ASSERT_EQ(promoted.size(), 1U);
  EXPECT_EQ(promoted.front().id, retry.id);
  EXPECT_EQ(promoted.front().data, "{}");
  finish_row result = result_row(retry, 'd', 2);
  result.open = finish_row::open_change::remove;
  result.started_at = store().now() - 2h;
  result.took = 0ms;
  finish({result});
  EXPECT_EQ(must(console().task(retry.id)).state, task_state::done);
  EXPECT_EQ(must(console().attempts(retry.id)).size(), 2U);
  EXPECT_EQ(walk(what::sweep, std::nullopt).gone, 1);
  EXPECT_THAT(known(), IsEmpty());
  EXPECT_FALSE(must(retention().look()).any_kept);
}

TEST_F(retaining, ATaskThatFinishesBetweenClearingAndEmptyingIsNotForgotten) {
  const auto retry = waiting();
  pass_all();
  store().fill_segment();
  const auto taken = must(retention().look()).taken;
  walk(what::clear);
  finish_row result = result_row(retry, 'f', 2);
  result.open = finish_row::open_change::remove;
  finish({result});
  ASSERT_TRUE(empty(taken));
  EXPECT_EQ(must(console().task(retry.id)).state, task_state::failed);
  EXPECT_EQ(must(console().attempts(retry.id)).size(), 2U);
  ASSERT_TRUE(drop());
  EXPECT_EQ(must(console().task(retry.id)).state, task_state::failed);
}

TEST_F(retaining, WhatCameAfterTheWalkHadBegunIsNotEmptiedAway) {
  ended('d', 2h);
  const auto late = store().begin();
  const auto id = late->insert(lane_task("late"));
  pass_all();
  store().fill_segment();
  const auto taken = must(retention().look()).taken;
  walk(what::clear);
  late->commit();
  EXPECT_FALSE(empty(taken));
  task_row row;
  row.id = id;
  row.part = lane_.part;
  row.name = "late";
  finish({result_row(row, 'd')});
  pass_all();
  EXPECT_FALSE(empty(taken)) << "it ended just now, which the walk did not see";
  EXPECT_EQ(must(console().task(id)).state, task_state::done);
  ASSERT_TRUE(let_go());
  EXPECT_EQ(must(console().task(id)).state, task_state::done) << "the next walk did";
}

TEST_F(retaining, ATransactionThatHoldsTheSegmentIsNotWaitedFor) {
  ended('d', 2h);
  const auto held = store().begin();
  held->insert(lane_task("late"));
  pass_all();
  store().fill_segment();
  const auto taken = must(retention().look()).taken;
  EXPECT_EQ(code_of(retention().empty(n1_, term_, 0, taken)), errc::timeout);
  held->rollback();
  EXPECT_TRUE(empty(taken));
}

TEST_F(retaining, ATransactionThatHasInsertedHoldsOnlyTheDroppingUp) {
  ended('d', 2h);
  pass_all();
  store().fill_segment();
  ASSERT_TRUE(let_go());
  const auto held = store().begin();
  held->insert(lane_task("later"));
  EXPECT_EQ(code_of(retention().drop(n1_, term_, 0)), errc::timeout);
  held->commit();
  EXPECT_TRUE(drop());
  EXPECT_EQ(known().size(), 1U);
}

TEST_F(retaining, OnlyTheLowestEmptyFullSegmentIsDropped) {
  const auto stays = ended('f', 2h);
  pass_all();
  EXPECT_FALSE(drop()) << "it has rows and is not full";
  store().fill_segment();
  store().fill_segment();
  EXPECT_FALSE(drop(1)) << "it is not the lowest";
  EXPECT_FALSE(drop(0)) << "it has rows";
  ASSERT_TRUE(let_go());
  EXPECT_TRUE(drop(0));
  EXPECT_EQ(segment(0).end_id, 0) << "it is gone";
  EXPECT_THAT(known(), ElementsAre(stays));
  insert(lane_task("sync"));
  EXPECT_EQ(known().size(), 2U);
}

TEST_F(retaining, PeopleMayAskForWhatOutlivesItsSegment) {
  const auto failed = ended('f', 2h), retry = waiting().id, other = waiting().id;
  pass_all();
  store().fill_segment();
  ASSERT_TRUE(let_go());
  ASSERT_TRUE(drop());
  EXPECT_EQ(must(console().errors(10)).size(), 2U);
  const auto made = must(console().requeue({failed}, "me"));
  ASSERT_EQ(made.size(), 1U);
  EXPECT_NE(made.front(), 0);
  EXPECT_EQ(must(console().task(made.front())).name, must(console().task(failed)).name);
  task_order cancel{task_request::what::cancel, {failed, retry, made.front() + 1000}, std::nullopt, "me"};
  EXPECT_THAT(must(console().order(cancel)),
              ElementsAre(order_answer::ended, order_answer::asked, order_answer::unknown));
  const auto asked = must(tasks().requests({{lane_, 0}}, 10));
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked.front().task, retry);
  EXPECT_TRUE(asked.front().open);
  must(ownership_of_nodes().release(n1_, lane_));
  cancel.tasks = {other};
  EXPECT_THAT(must(console().order(cancel)), ElementsAre(order_answer::done));
  EXPECT_EQ(must(console().task(other)).state, task_state::cancelled);
  EXPECT_EQ(must(console().attempts(other)).size(), 2U);
}

TEST_F(retaining, AnOlderTermLetsNothingGo) {
  ended('d', 2h);
  pass_all();
  store().fill_segment();
  const auto taken = must(retention().look()).taken;
  const leader_term older = term_;
  must(console().resign_leader());
  EXPECT_EQ(code_of(retention().walk(n1_, older, {what::sweep, 0, 0, 10, 10, ages_})), errc::refused);
  EXPECT_EQ(code_of(retention().empty(n1_, older, 0, taken)), errc::refused);
  EXPECT_EQ(code_of(retention().drop(n1_, older, 0)), errc::refused);
  EXPECT_EQ(known().size(), 1U);
}

TEST_F(retaining, ANewOwnerFindsNothingOfWhatIsGone) {
  for (int n = 0; n < 3; ++n) ended('d', 2h);
  EXPECT_EQ(walk(what::sweep).gone, 3);
  const auto found = take_over_lane();
  EXPECT_THAT(read(lane_, found.mark, true).rows, IsEmpty());
}

}  // namespace
}  // namespace weir::conformance
