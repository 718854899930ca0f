// Finishing: one fenced statement for results, open changes and marks of many partitions.
#include "domain/execution.hpp"
#include "tests/driver/fixture.hpp"

namespace weir::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class finishing : public conformance {
 protected:
  void SetUp() override {
    conformance::SetUp();
    if (!IsSkipped()) own_lane();
  }
  /// Inserts that many lane tasks and reads them.
  std::vector<task_row> given(std::size_t count) {
    must(tasks().insert(std::vector<insert_row>(count, lane_task("t"))));
    return read_all(lane_);
  }
  task_state state_of(task_id id) { return must(console().task(id)).state; }
};

TEST_F(finishing, AFinalResultEndsItsTaskWithAnAttemptThatPeopleCanRead) {
  const auto row = given(1).at(0);
  auto done = result_row(row, 'd', 1, "it's \"done\" \\ {NULL}");
  done.started_at = store().now() - std::chrono::seconds{3};
  done.took = std::chrono::milliseconds{1500};
  EXPECT_THAT(finish({done}).held, ElementsAre(lane_.part));

  const auto record = must(console().task(row.id));
  EXPECT_EQ(record.state, task_state::done);
  EXPECT_EQ(record.attempt, 1);
  EXPECT_EQ(record.message, done.message);
  EXPECT_EQ(record.stream, "lane");
  EXPECT_EQ(record.finished_at, done.started_at + done.took);
  const auto history = must(console().attempts(row.id));
  ASSERT_THAT(history, SizeIs(1));
  EXPECT_EQ(history.at(0).attempt, 1);
  EXPECT_EQ(history.at(0).node, "n1");
  EXPECT_EQ(history.at(0).epoch, lane_.epoch);
  EXPECT_EQ(history.at(0).started_at, done.started_at);
  EXPECT_EQ(history.at(0).finished_at, done.started_at + done.took);
  EXPECT_EQ(history.at(0).result, 'd');
  EXPECT_EQ(history.at(0).message, done.message);
}

TEST_F(finishing, OfManyThatSucceedTogetherEachIsToldAsIfItWereAlone) {
  const auto rows = given(300);
  std::vector<finish_row> results;
  for (std::size_t n = 0; n < rows.size(); ++n) {
    results.push_back(result_row(rows.at(n), 'd'));
    results.back().started_at = store().now() - std::chrono::microseconds{n} - std::chrono::minutes{n % 3};
    results.back().took = std::chrono::milliseconds{n * 1000};
  }
  finish(results);
  for (const std::size_t n : {0UL, 1UL, 2UL, 137UL, 299UL}) {
    const auto history = must(console().attempts(rows.at(n).id));
    ASSERT_THAT(history, SizeIs(1));
    EXPECT_EQ(history.at(0).attempt, 1);
    EXPECT_EQ(history.at(0).node, "n1");
    EXPECT_EQ(history.at(0).epoch, lane_.epoch);
    EXPECT_EQ(history.at(0).started_at, results.at(n).started_at);
    EXPECT_EQ(history.at(0).finished_at, results.at(n).started_at + results.at(n).took);
    EXPECT_EQ(history.at(0).result, 'd');
    EXPECT_EQ(history.at(0).message, "");
    EXPECT_EQ(must(console().task(rows.at(n).id)).attempt, 1);
  }
  task_filter done;
  done.states = {task_state::done};
  done.limit = 1000;
  EXPECT_THAT(must(console().tasks(done)).items, SizeIs(300));
  EXPECT_EQ(counts_of("lane").ready, 0);
  EXPECT_THAT(must(console().order({task_request::what::cancel, {rows.at(5).id}, {}, "somebody"})),
              ElementsAre(order_answer::ended));
  EXPECT_THAT(must(console().requeue({rows.at(5).id}, "somebody")), SizeIs(1));
  EXPECT_THAT(read_all(lane_, true), SizeIs(1)) << "the copy alone is there to be done";
}

TEST_F(finishing, AmongManyThatSucceedEveryOtherEndIsToldToo) {
  const auto rows = given(12);
  std::vector<finish_row> results;
  for (const auto& row : rows) results.push_back(result_row(row, 'd'));
  results.at(3) = result_row(rows.at(3), 'f', 1, "no such thing");
  results.at(4).message = "7 rows";
  results.at(5) = result_row(rows.at(5), 'r');
  results.at(5).open = finish_row::open_change::put;
  results.at(5).open_state = 'r';
  results.at(5).attempts = results.at(5).runs = 1;
  finish(results);
  EXPECT_EQ(state_of(rows.at(2).id), task_state::done);
  EXPECT_EQ(state_of(rows.at(3).id), task_state::failed);
  EXPECT_EQ(must(console().task(rows.at(4).id)).message, "7 rows");
  EXPECT_EQ(state_of(rows.at(5).id), task_state::retry);
  auto again = result_row(rows.at(5), 'd', 2);
  again.open = finish_row::open_change::remove;
  finish({again});
  EXPECT_EQ(state_of(rows.at(5).id), task_state::done);
  EXPECT_THAT(must(console().attempts(rows.at(5).id)), SizeIs(2));
}

TEST_F(finishing, OfManyThatSucceedTogetherNoneIsWrittenUnderAStaleEpoch) {
  const auto rows = given(20);
  const auto stale = lane_;
  lane_ = must(ownership_of_nodes().renew(n1_, lane_)).held;
  finish_request late;
  late.node = n1_;
  late.held = {stale};
  for (const auto& row : rows) late.rows.push_back(result_row(row, 'd'));
  EXPECT_THAT(must(tasks().finish(late)).held, IsEmpty());
  EXPECT_EQ(state_of(rows.at(0).id), task_state::ready);
  EXPECT_THAT(must(console().attempts(rows.at(0).id)), IsEmpty());
}

TEST_F(finishing, EveryFinalLetterHasItsState) {
  const auto rows = given(5);
  finish({result_row(rows.at(0), 'd'), result_row(rows.at(1), 'f'), result_row(rows.at(2), 'c'),
          result_row(rows.at(3), 's', 1, "superseded by 77")});
  EXPECT_EQ(state_of(rows.at(0).id), task_state::done);
  EXPECT_EQ(state_of(rows.at(1).id), task_state::failed);
  EXPECT_EQ(state_of(rows.at(2).id), task_state::cancelled);
  EXPECT_EQ(state_of(rows.at(3).id), task_state::cancelled);
  EXPECT_EQ(state_of(rows.at(4).id), task_state::ready);
  EXPECT_EQ(must(console().task(rows.at(3).id)).attempt, 0) << "a superseded task never ran";
}

TEST_F(finishing, AStaleEpochWritesNothing) {
  const auto row = given(1).at(0);
  const auto stale = lane_;
  lane_ = must(ownership_of_nodes().renew(n1_, lane_)).held;
  finish_request late;
  late.node = n1_;
  late.held = {stale};
  late.rows = {result_row(row, 'd')};
  late.marks = {{lane_.part, {read(lane_, start_).taken, std::nullopt, 0, 0}, 1, 0, 0}};
  EXPECT_THAT(must(tasks().finish(late)).held, IsEmpty());
  EXPECT_EQ(state_of(row.id), task_state::ready);
  EXPECT_THAT(must(console().attempts(row.id)), IsEmpty());
  EXPECT_EQ(counts_of("lane").done, 0);
  EXPECT_EQ(must(ownership_of_nodes().renew(n1_, lane_)).mark.seen, start_.seen);
}

TEST_F(finishing, AStaleEpochsRowsAreDroppedWhileAnotherPartitionsAreWritten) {
  const auto row = given(1).at(0);
  wish_for(parts_of("default").at(0), "n1");
  first_ = must(ownership_of_nodes().acquire(n1_, parts_of("default").at(0), false, false)).held;
  hand(first_);
  const auto stale = first_;
  first_ = must(ownership_of_nodes().renew(n1_, first_)).held;
  const auto other = read_all(first_).at(0);

  finish_request mixed;
  mixed.node = n1_;
  mixed.held = {stale, lane_};
  mixed.rows = {result_row(other, 'd'), result_row(row, 'd'), open_row(other, 'r')};
  mixed.rows.pop_back();
  EXPECT_THAT(must(tasks().finish(mixed)).held, ElementsAre(lane_.part));
  EXPECT_EQ(state_of(row.id), task_state::done);
  EXPECT_EQ(state_of(other.id), task_state::ready);
}

TEST_F(finishing, AnotherNodeWritesNothingUnderMyEpoch) {
  const auto row = given(1).at(0);
  finish_request stolen;
  stolen.node = join("thief");
  stolen.held = {lane_};
  stolen.rows = {
      result_row(row, 'd'),
  };
  EXPECT_THAT(must(tasks().finish(stolen)).held, IsEmpty());
  EXPECT_EQ(state_of(row.id), task_state::ready);
}

TEST_F(finishing, AReleasedPartitionTakesNoResults) {
  const auto row = given(1).at(0);
  EXPECT_TRUE(must(ownership_of_nodes().release(n1_, lane_)));
  EXPECT_THAT(finish({result_row(row, 'd')}).held, IsEmpty());
  EXPECT_EQ(state_of(row.id), task_state::ready);
}

TEST_F(finishing, ADeadNodesResultsAreRefused) {
  const auto row = given(1).at(0);
  EXPECT_TRUE(must(membership().declare_dead_by_proof(n1_)));
  EXPECT_THAT(finish({result_row(row, 'd')}).held, IsEmpty());
  EXPECT_EQ(state_of(row.id), task_state::ready);
}

TEST_F(finishing, AfterAFailOverEveryOldOwnershipIsVoid) {
  const auto row = given(1).at(0);
  store().fail_over();
  must(tasks().reconnect());
  must(console().reconnect());
  EXPECT_THAT(finish({result_row(row, 'd')}).held, IsEmpty());
  EXPECT_FALSE(must(tasks().insert({lane_task("h")}, {n1_, {lane_}})).at(0).handed);
  EXPECT_EQ(state_of(row.id), task_state::ready);
}

TEST_F(finishing, TwoAttemptsOfOneTaskMayComeInOneRequest) {
  const auto row = given(1).at(0);
  finish({result_row(row, 'r', 1, "first"), result_row(row, 'd', 2, "second")});
  const auto history = must(console().attempts(row.id));
  ASSERT_THAT(history, SizeIs(2));
  EXPECT_EQ(history.at(0).message, "first");
  EXPECT_EQ(history.at(1).message, "second");
  EXPECT_EQ(state_of(row.id), task_state::done);
}

TEST_F(finishing, ARequestOfManyRowsIsOneStatement) {
  const auto rows = given(600);
  std::vector<finish_row> results;
  for (const auto& row : rows) results.push_back(result_row(row, 'd', 1, "n " + std::to_string(row.id)));
  finish(results);
  EXPECT_THAT(read_all(lane_, true), IsEmpty());
  EXPECT_EQ(must(console().count_unfinished("t", 10)), 0);
}

TEST_F(finishing, AnAsynchronousRequestWritesTheSame) {
  const auto row = given(1).at(0);
  finish_request request;
  request.node = n1_;
  request.held = {lane_};
  request.rows = {result_row(row, 'd')};
  request.async = true;
  EXPECT_THAT(must(tasks().finish(request)).held, ElementsAre(lane_.part));
  EXPECT_EQ(state_of(row.id), task_state::done);
}

TEST_F(finishing, ARequestWithoutRowsTellsWhichFencesHold) {
  const auto never_mine = parts_of("default").at(5);
  finish_request request;
  request.node = n1_;
  request.held = {lane_, {never_mine, 1}};
  EXPECT_THAT(must(tasks().finish(request)).held, ElementsAre(lane_.part));
}

TEST_F(finishing, TheNextOwnerGoesOnAtTheMark) {
  const auto rows = given(3);
  const auto page = read(lane_, start_, false, 2);
  finish({result_row(rows.at(0), 'd'), open_row(rows.at(1), 'i')},
         {{lane_.part, {start_.seen, page.taken, rows.at(1).xid, rows.at(1).id}, 1, 0, 0}});

  const auto found = take_over_lane();
  EXPECT_EQ(found.mark.seen, start_.seen);
  EXPECT_EQ(found.mark.upto, page.taken);
  EXPECT_EQ(found.mark.at_xid, rows.at(1).xid);
  EXPECT_EQ(found.mark.at_id, rows.at(1).id);
  const auto late = insert(lane_task("late"));
  const auto rest = read(lane_, found.mark, true);
  EXPECT_THAT(ids_of(rest.rows), ElementsAre(rows.at(2).id));
  EXPECT_THAT(ids_of(read(lane_, {page.taken, std::nullopt, 0, 0}, true).rows), ElementsAre(late));
}

TEST_F(finishing, AMarkWithoutCursorReplacesOneWithACursor) {
  const auto rows = given(2);
  const auto page = read(lane_, start_, false, 1);
  finish({result_row(rows.at(0), 'd')},
         {{lane_.part, {start_.seen, page.taken, rows.at(0).xid, rows.at(0).id}, 1, 0, 0}});
  finish({result_row(rows.at(1), 'd')}, {{lane_.part, {page.taken, std::nullopt, 0, 0}, 1, 0, 0}});
  const auto mark = must(ownership_of_nodes().renew(n1_, lane_)).mark;
  EXPECT_EQ(mark.seen, page.taken);
  EXPECT_EQ(mark.upto, std::nullopt);
}

TEST_F(finishing, MarksAddToTheTotals) {
  const auto rows = given(4);
  const auto before = must(console().count_ended());
  finish({result_row(rows.at(0), 'd'), result_row(rows.at(1), 'f'), result_row(rows.at(2), 'c')},
         {{lane_.part, start_, 1, 1, 1}});
  finish({result_row(rows.at(3), 'd')}, {{lane_.part, start_, 1, 0, 0}});
  const auto counts = counts_of("lane");
  EXPECT_EQ(must(console().count_ended()), before + 4);
  EXPECT_EQ(counts.done, 2);
  EXPECT_EQ(counts.failed, 1);
  EXPECT_EQ(counts.cancelled, 1);
}

TEST_F(finishing, ManyPartitionsAreFinishedInOneStatement) {
  const auto parts = parts_of("default");
  must(coordination().assign(n1_, term_, {{parts.at(0), "n1"}, {parts.at(1), "n1"}}));
  // In descending order: fences are locked in the order of partitions, whatever the request says.
  second_ = must(ownership_of_nodes().acquire(n1_, parts.at(0), false, false)).held;
  first_ = must(ownership_of_nodes().acquire(n1_, parts.at(1), false, false)).held;
  must(tasks().insert(std::vector<insert_row>(parts.size(), task_of("h")), {n1_, {first_, second_}}));
  const auto a = read_all({first_.part, 0}).at(0);
  const auto b = read_all({second_.part, 0}).at(0);
  EXPECT_THAT(finish({result_row(a, 'd'), result_row(b, 'f')}).held,
              UnorderedElementsAre(lane_.part, first_.part, second_.part));
  EXPECT_EQ(state_of(a.id), task_state::done);
  EXPECT_EQ(state_of(b.id), task_state::failed);
}

}  // namespace
}  // namespace weir::conformance
