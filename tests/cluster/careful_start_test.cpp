// After an owner died: whose starts are marked before they run, who runs alone, and what a node's end is held against.
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cluster/worker_machine.hpp"
#include "domain/careful_start.hpp"

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using ids = std::vector<task_id>;
using lines = std::vector<std::string>;

constexpr node_id me = 7;
constexpr part_id first = 5, second = 6;

struct CarefulStart : testing::Test {
  moment now{boot_time{100h}, wall_time{9h}};
  action_options sync;
  worker_machine machine{settings(), [this](const std::string&) { return &sync; }, [] { return 0.5; }};
  isolation where = isolation::thread;
  finish_request sent;

  static worker_settings settings() {
    worker_settings mine;
    mine.me = me;
    mine.name = "n1";
    mine.limits = {100, 50, 100};
    return mine;
  }
  /// A beat shows the partitions as they are owned.
  void see(std::vector<epoch_number> epochs) {
    beat_view view;
    view.timeline = 1;
    stream_row stream;
    stream.id = 2;
    stream.name = "wide";
    stream.concurrency = 100;
    stream.where = where;
    view.streams.push_back(stream);
    for (std::size_t n = 0; n < epochs.size(); ++n) {
      partition_row row;
      row.id = n == 0 ? first : second;
      row.stream = stream.id;
      row.timeline = 1;
      row.owner = epochs[n] == 0 ? 0 : me;
      row.epoch = epochs[n];
      row.assigned_to = "n1";
      view.partitions.push_back(row);
    }
    now.boot += 1s;
    machine.on_deadline(now.boot + 5s);
    machine.on_view(view, true, now);
  }
  /// Takes over one partition, or two, after `unclean` owners died.
  void take_over(int unclean, int partitions = 1) {
    see(std::vector<epoch_number>(static_cast<std::size_t>(partitions), 0));
    for (int n = 0; n < partitions; ++n) {
      const auto asked = machine.next_ownership(now);
      ASSERT_TRUE(asked);
      ownership taken;
      taken.held = {asked->held.part, 4};
      taken.timeline = 1;
      taken.unclean = unclean;
      taken.next_due = 0ms;
      machine.on_acquired(*asked, taken, now);
    }
  }
  static task_row task(task_id id, part_id part = first, int crashes = 0) {
    task_row row;
    row.part = part;
    row.id = id;
    row.xid = static_cast<transaction_id>(100 + id);
    row.name = "sync";
    row.data = "{}";
    row.crashes = row.runs = crashes;
    row.open = crashes > 0;
    row.due_order = std::chrono::microseconds{id};
    return row;
  }
  static task_row left(task_id id, bool marked, int crashes = 0) {
    task_row row = task(id, first, crashes);
    row.open = true;
    row.left = left_run{3, wall_time{8h}, 1500ms, marked};
    return row;
  }
  void read(std::vector<task_row> rows) {
    ASSERT_TRUE(machine.next_read(now));
    machine.on_read(read_reply{"s", std::move(rows)}, now);
  }
  void promote(std::vector<task_row> rows) {
    ASSERT_TRUE(machine.next_promote(now));
    machine.on_promoted(promote_reply{std::move(rows), {}}, now);
  }
  ids runs() {
    ids found;
    for (const run_order& order : machine.next_runs(now)) {
      for (const domain::run_request& request : order.requests) {
        found.push_back(request.task_id);
        run_of[request.task_id] = request.run_id;
      }
    }
    return found;
  }
  /// The next statement: "7 x2@3 its node ended, put r" for each of its rows.
  lines collect() {
    lines found;
    const auto next = machine.next_finish(now);
    sent = next.value_or(finish_request{});
    for (const finish_row& row : sent.rows) {
      std::string text = std::to_string(row.id);
      if (row.result != 0) text += std::string{" "} + row.result + std::to_string(row.number);
      if (row.epoch != 0) text += "@" + std::to_string(row.epoch);
      if (!row.message.empty()) text += " " + row.message;
      if (row.open == finish_row::open_change::remove) text += ", remove";
      if (row.open == finish_row::open_change::put) text += std::string{", put "} + row.open_state;
      if (row.marked) text += " marked";
      found.push_back(text);
    }
    return found;
  }
  void commit() {
    finish_reply reply;
    for (const fence& held : sent.held) reply.held.push_back(held.part);
    machine.on_finished(reply, now);
  }
  void end(task_id id) {
    domain::run_verdict verdict;
    verdict.run_id = run_of.at(id);
    machine.on_verdict(verdict, now);
  }

  std::map<task_id, std::uint64_t> run_of;
};

TEST(MarkedStarts, DoubleWithEachDeathInARow) {
  EXPECT_EQ(domain::marked_starts(0), 0);
  EXPECT_EQ(domain::marked_starts(1), 16);
  EXPECT_EQ(domain::marked_starts(2), 32);
  EXPECT_EQ(domain::marked_starts(11), 16384);
  EXPECT_EQ(domain::marked_starts(1000), 16384);
}

TEST_F(CarefulStart, ATaskRunsOnceItsMarkHasCommitted) {
  take_over(1);
  read({task(1)});
  EXPECT_EQ(runs(), ids{});
  EXPECT_EQ(collect(), lines{"1, put i marked"});
  EXPECT_EQ(runs(), ids{}) << "the mark is on its way";
  commit();
  EXPECT_EQ(runs(), ids{1});
  end(1);
  EXPECT_EQ(collect(), lines{"1 d1, remove"});
}

TEST_F(CarefulStart, NobodyIsMarkedAfterACleanHandOver) {
  take_over(0);
  read({task(1)});
  EXPECT_EQ(runs(), ids{1});
}

TEST_F(CarefulStart, NobodyIsMarkedWhereARunnerDiesInTheNodesPlace) {
  where = isolation::process;
  take_over(3);
  read({task(1)});
  EXPECT_EQ(runs(), ids{1});
}

TEST_F(CarefulStart, OnlyTheFirstStartsAreMarked) {
  take_over(1);
  std::vector<task_row> many;
  for (task_id id = 1; id <= 20; ++id) many.push_back(task(id));
  read(many);
  EXPECT_EQ(runs(), (ids{17, 18, 19, 20}));
  EXPECT_EQ(collect().size(), 16U);
  commit();
  EXPECT_EQ(runs().size(), 16U);
}

TEST_F(CarefulStart, NobodyIsMarkedAfterACleanMinute) {
  take_over(1);
  for (int n = 0; n < 61; ++n) see({4});
  read({task(1)});
  EXPECT_EQ(runs(), ids{1});
}

TEST_F(CarefulStart, AMarkThatWasRefusedStartsNothing) {
  take_over(1);
  read({task(1)});
  runs();
  collect();
  machine.on_finished(finish_reply{}, now);  // the fence did not hold
  EXPECT_EQ(runs(), ids{});
  EXPECT_EQ(machine.running(), 0);
  EXPECT_TRUE(machine.idle());
}

TEST_F(CarefulStart, ATaskWhoseMarkIsInDoubtIsReadAgainAndHasNotCrashed) {
  take_over(1);
  read({task(1)});
  runs();
  collect();
  machine.on_finished(error{errc::in_doubt, "connection reset"}, now);
  now.boot += 1s;
  const auto asked = machine.next_ownership(now);
  ASSERT_TRUE(asked);
  ownership taken;
  taken.held = {first, 5};
  taken.timeline = 1;
  taken.next_due = 0ms;
  machine.on_acquired(*asked, taken, now);
  EXPECT_EQ(runs(), ids{});
  EXPECT_EQ(machine.running(), 0);
  task_row found = left(1, true);  // the mark was written after all
  found.left->epoch = 4;
  promote({found});
  EXPECT_EQ(collect(), lines{"1, put w"}) << "nor is the next owner to believe that it ran";
  commit();
  EXPECT_EQ(runs(), ids{});
  EXPECT_EQ(collect(), lines{"1, put i marked"});
  commit();
  EXPECT_EQ(runs(), ids{1});
}

TEST_F(CarefulStart, ATaskSupersedesWhatWasSeenWhileItsMarkWasWritten) {
  take_over(1);
  task_row newer = task(9), older = task(3);
  newer.key = older.key = "k";
  read({newer});
  runs();
  EXPECT_EQ(collect(), lines{"9, put i marked"});
  now.boot += 1s;
  read({older});
  commit();
  EXPECT_EQ(runs(), ids{9});
  EXPECT_EQ(collect(), lines{"3 s1 superseded by 9"});
}

TEST_F(CarefulStart, AMarkedRunOfADeadNodeIsACrash) {
  take_over(1);
  promote({left(1, true)});
  EXPECT_EQ(runs(), ids{});
  EXPECT_EQ(collect(), lines{"1 x1@3 crashed (1 of 3): its node ended, put i marked"});
  commit();
  EXPECT_EQ(runs(), ids{1});
  end(1);
  EXPECT_EQ(collect(), lines{"1 d2, remove"});
}

TEST_F(CarefulStart, TheSignalOfANodeThatSomebodySawEndIsInTheMessage) {
  take_over(1);
  task_row row = left(1, true, 2);
  row.left->ended_by = "was killed by signal 11";
  promote({row});
  EXPECT_EQ(runs(), ids{});
  EXPECT_EQ(collect(), lines{"1 X3@3 crashed 3 times: its node ended: it was killed by signal 11, remove"});
}

TEST_F(CarefulStart, TheLastMarkedRunEndsTheTask) {
  take_over(3);
  promote({left(1, true, 2)});
  EXPECT_EQ(runs(), ids{});
  EXPECT_EQ(collect(), lines{"1 X3@3 crashed 3 times: its node ended, remove"});
}

TEST_F(CarefulStart, AnUnmarkedRunOfADeadNodeWasInterrupted) {
  take_over(0);
  promote({left(1, false)});
  EXPECT_EQ(runs(), ids{});
  EXPECT_EQ(collect(), lines{"1 i1@3 its node ended, put i"});
  commit();
  EXPECT_EQ(runs(), ids{1});
  end(1);
  EXPECT_EQ(collect(), lines{"1 d2, remove"});
}

TEST_F(CarefulStart, ASuspectRunsWithoutAnotherMarkedOneBesideItAndHoldsNobodyUp) {
  take_over(1, 2);
  ASSERT_TRUE(machine.next_read(now));
  machine.on_read(read_reply{"s", {task(1, first)}}, now);
  task_row suspect = left(2, true), behind = task(4, second);
  suspect.part = second;
  behind.open = true;
  ASSERT_TRUE(machine.next_promote(now));
  machine.on_promoted(promote_reply{{suspect, behind}, {}}, now);
  EXPECT_EQ(runs(), ids{});
  EXPECT_EQ(collect(), (lines{"1, put i marked", "4, put i marked"})) << "2 waits for the end of both";
  commit();
  EXPECT_EQ(runs(), (ids{1, 4}));
  end(1);
  EXPECT_EQ(runs(), ids{});
  end(4);
  EXPECT_EQ(runs(), ids{});
  EXPECT_EQ(collect(),
            (lines{"1 d1, remove", "4 d1, remove", "2 x1@3 crashed (1 of 3): its node ended, put i marked"}));
  commit();
  EXPECT_EQ(runs(), ids{2});
  now.boot += 1s;
  ASSERT_TRUE(machine.next_read(now));
  machine.on_read(read_reply{"s", {task(3, first)}}, now);
  EXPECT_EQ(runs(), ids{}) << "3 would be marked, and waits for 2";
  end(2);
  runs();
  collect();
  commit();
  EXPECT_EQ(runs(), ids{3});
}

TEST_F(CarefulStart, ATaskWhoseProgramCrashedIsNoSuspect) {
  take_over(0);
  read({});
  promote({task(1, first, 1)});
  EXPECT_EQ(runs(), ids{1}) << "its node lived";
}

TEST_F(CarefulStart, ACancelledTaskWhoseMarkIsOnItsWayIsEndedOnceItRuns) {
  take_over(1);
  read({task(1)});
  runs();
  collect();
  EXPECT_TRUE(machine.next_interrupts(now).empty());
  machine.begin_stop(now);
  machine.begin_stop(now);  // running tasks are ended now
  EXPECT_TRUE(machine.next_interrupts(now).empty()) << "nothing runs that could be ended";
  commit();
  EXPECT_EQ(runs(), ids{1});
  EXPECT_EQ(machine.next_interrupts(now).size(), 1U);
}

}  // namespace
}  // namespace weir::cluster
