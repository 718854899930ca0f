// The WORKER between a memory driver and executors that answer on demand.
#include "actors/worker.hpp"

#include "actors/gateway.hpp"
#include "actors/stores.hpp"
#include "tests/actor/deterministic.hpp"
#include "tests/actor/fake_work.hpp"

namespace weir::actors {
namespace {

using domain::run_result;

class worker_of_a_node : public deterministic {
 protected:
  worker_of_a_node() {
    settings_.me = me_;
    settings_.name = "n1";
    paint_.retry = {retry_policy::shape::fixed, {100ms}, 1s, 5};
  }

  /// Spawns the worker, with its store actors on this thread.
  void open() {
    parts_.keeper = keep(system_.spawn(keeper, &driver_, me_, errors()));
    parts_.reader = keep(system_.spawn(reader, &driver_, errors()));
    parts_.finisher = keep(system_.spawn(finisher, &driver_, errors()));
    parts_.executors = std::make_shared<executor_set>(work_.factory(), [](domain::run_verdict) {});
    parts_.settings = settings_;
    parts_.actions = [this](const std::string& name) { return name == "paint" ? &paint_ : nullptr; };
    parts_.notes = notes_;
    parts_.random = [] { return 0.5; };
    parts_.now = [this] { return now(); };
    parts_.on_freed = [this](std::vector<cluster::freed_part> freed) {
      for (const auto& one : freed) freed_.push_back(one.node + ":" + std::to_string(one.part));
    };
    parts_.on_idle = [this] { ++idles_; };
    worker_ = keep(system_.spawn(worker, parts_));
  }

  /// One good beat reaches the worker.
  void beat() {
    auto news = std::make_shared<const cluster::pulse_news>(pulse_.step());
    ASSERT_EQ(news->kind, cluster::pulse_news::what::good) << news->trouble;
    caf::anon_send(worker_, view_atom_v, news_ptr(news));
    run();
  }
  /// Time passes, with a beat a second, until `so` holds; false if it never does.
  template <class Condition>
  bool until(Condition so) {
    for (int second = 0; second < 20; ++second) {
      beat();
      for (int turn = 0; turn < 200; ++turn) {
        if (so()) return true;
        advance(5ms);
      }
    }
    return so();
  }

  task_id enqueue(std::optional<std::string> key = std::nullopt) {
    insert_row row;
    row.name = "paint";
    row.stream = "lane";
    row.key = std::move(key);
    row.data = "{}";
    const auto done = driver_.open_tasks()->insert({row});
    EXPECT_TRUE(done.ok());
    return done->front().id;
  }
  void answer(std::uint64_t run_id, run_result how = run_result::success) {
    domain::run_verdict verdict;
    verdict.run_id = run_id;
    verdict.result = how;
    const auto box = std::make_shared<verdict_box>();
    ASSERT_TRUE(box->put(std::move(verdict)));
    caf::anon_send(worker_, verdict_atom_v, box);
    run();
  }
  worker_report report() {
    const auto told = ask<worker_report>(worker_, report_atom_v);
    run();
    return told->value();
  }
  char result_of(task_id task) {
    const auto* last = world_->final_attempt(task);
    return last == nullptr ? '-' : last->result;
  }
  bool running(std::size_t runs) { return work_.started.size() >= runs; }
  /// The lane's task is in the hands of an executor.
  task_id start_one() {
    wish(lane_, "n1");
    open();
    const task_id task = enqueue();
    EXPECT_TRUE(until([&] { return running(1); }));
    return task;
  }

  part_id lane_ = add_single("lane");
  node_id me_ = join("n1");
  std::unique_ptr<membership_store> membership_ = driver_.open_membership();
  cluster::pulse pulse_{*membership_, {me_, 6s, 1s, 1s, 0}, now().boot, [this] { return now().boot; }};
  cluster::worker_settings settings_;
  action_options paint_;
  fake_work work_;
  std::shared_ptr<note_box> notes_ = std::make_shared<note_box>(0);
  worker_parts parts_;
  worker_actor worker_;
  std::vector<std::string> freed_;
  int idles_ = 0;
};

TEST_F(worker_of_a_node, AcquiresWhatTheViewWishesAndRunsItsTasks) {
  const task_id task = start_one();
  EXPECT_EQ(partition(lane_).owner, me_);
  EXPECT_EQ(work_.started.front().task_id, task);
  EXPECT_EQ(work_.started.front().stream, "lane");
  EXPECT_EQ(report().held, 1);
  EXPECT_EQ(report().running, 1);

  answer(work_.started.front().run_id);
  EXPECT_TRUE(until([&] { return result_of(task) == 'd'; }));
  EXPECT_EQ(report().running, 0);
  EXPECT_TRUE(world_->broken_rules.empty());
}

TEST_F(worker_of_a_node, TakesNothingThatIsWishedElsewhere) {
  wish(lane_, "n2");
  open();
  enqueue();
  EXPECT_FALSE(until([&] { return running(1); }));
  EXPECT_EQ(partition(lane_).owner, 0);
}

TEST_F(worker_of_a_node, DropsAndCountsAResultThatTheFenceRefuses) {
  const task_id task = start_one();
  ++partition(lane_).epoch;  // somebody else took it, and no beat has told yet
  answer(work_.started.front().run_id);
  EXPECT_EQ(result_of(task), '-');
  EXPECT_EQ(report().refused, 1);
  EXPECT_EQ(notes_->get().late_writes_refused, 1) << "for the next beat";
  EXPECT_EQ(report().held, 0);
}

TEST_F(worker_of_a_node, InterruptsARunWhosePartitionWasTakenAndDropsItsVerdict) {
  const task_id task = start_one();
  partition(lane_).epoch += 1;
  partition(lane_).owner = join("n2");
  beat();
  ASSERT_EQ(work_.interrupted, std::vector<std::uint64_t>{work_.started.front().run_id});
  answer(work_.started.front().run_id);
  EXPECT_EQ(result_of(task), '-');
  EXPECT_EQ(report().refused, 1);
  EXPECT_EQ(notes_->get().late_writes_refused, 1) << "for the next beat";
}

TEST_F(worker_of_a_node, ClosesTheExecutorBeforeItReleasesAndSaysIdleOnce) {
  const task_id task = start_one();
  work_.lets_close = false;
  caf::anon_send(worker_, stop_atom_v);
  run();
  EXPECT_EQ(work_.closes, 0) << "closed under a task that may still end by itself";
  answer(work_.started.front().run_id);
  ASSERT_TRUE(until([&] { return work_.closes == 1; }));
  EXPECT_EQ(result_of(task), 'd');
  advance(1s);
  EXPECT_EQ(partition(lane_).owner, me_) << "released while code of the stream may still run";
  EXPECT_EQ(idles_, 0);

  work_.lets_close = true;
  EXPECT_TRUE(until([&] { return idles_ > 0; }));
  EXPECT_EQ(partition(lane_).owner, 0);
  beat();
  caf::anon_send(worker_, stop_atom_v);
  advance(2s);
  EXPECT_EQ(idles_, 1);
}

TEST_F(worker_of_a_node, WorksOnWhileItStopsUntilItsSuccessorIsNamed) {
  start_one();
  enqueue();
  caf::anon_send(worker_, stop_atom_v);
  run();
  answer(work_.started.front().run_id);
  ASSERT_TRUE(until([&] { return running(2); }));
  join("n2");
  wish(lane_, "n2");
  answer(work_.started.back().run_id);
  ASSERT_TRUE(until([&] { return idles_ == 1; }));
  EXPECT_EQ(partition(lane_).owner, 0);
  enqueue();
  advance(1s);
  EXPECT_EQ(work_.started.size(), 2U);
}

TEST_F(worker_of_a_node, LetsGoAtOnceForALinkedNodeAndTellsIt) {
  wish(lane_, "n1");
  open();
  ASSERT_TRUE(until([&] { return partition(lane_).owner == me_; }));
  join("n2");
  caf::anon_send(worker_, linked_atom_v,
                 names_ptr(std::make_shared<const std::set<std::string>>(std::set<std::string>{"n2"})));
  wish(lane_, "n2");
  beat();
  EXPECT_EQ(partition(lane_).owner, 0) << "without waiting for the other node to have seen the wish";
  EXPECT_EQ(freed_, std::vector<std::string>{"n2:" + std::to_string(lane_)});
}

TEST_F(worker_of_a_node, InterruptsItsRunsWhenToldToStopTwice) {
  start_one();
  caf::anon_send(worker_, stop_atom_v);
  advance(1s);
  EXPECT_TRUE(work_.interrupted.empty());
  caf::anon_send(worker_, stop_atom_v);
  run();
  EXPECT_EQ(work_.interrupted, std::vector<std::uint64_t>{work_.started.front().run_id});
}

TEST_F(worker_of_a_node, InterruptsItsRunsAtTheEndOfTheDrain) {
  settings_.drain_timeout = 2s;
  start_one();
  caf::anon_send(worker_, stop_atom_v);
  run();
  EXPECT_TRUE(until([&] { return !work_.interrupted.empty(); }));
}

TEST_F(worker_of_a_node, DropsEverythingWhenFencedAndWaitsForItsRuns) {
  const task_id task = start_one();
  caf::anon_send(worker_, fenced_atom_v);
  run();
  EXPECT_EQ(work_.interrupted.size(), 1U);
  EXPECT_EQ(report().held, 0);
  advance(3s);
  EXPECT_EQ(idles_, 0) << "a run of the dead incarnation has not ended";
  answer(work_.started.front().run_id);
  advance(1s);
  EXPECT_EQ(idles_, 1);
  EXPECT_EQ(result_of(task), '-');
  EXPECT_EQ(partition(lane_).owner, me_) << "the dead release nothing";
}

TEST_F(worker_of_a_node, TriesAgainAPauseAfterAnErrorOfTheStore) {
  wish(lane_, "n1");
  open();
  enqueue();
  driver_.trouble().next("tasks.read", {memory::fault::what::refuse, errc::unavailable});
  ASSERT_TRUE(until([&] { return !errors_.empty(); }));
  const boot_time failed = now().boot;
  ASSERT_TRUE(until([&] { return running(1); }));
  EXPECT_GE(now().boot - failed, 200ms);
  EXPECT_LE(now().boot - failed, 500ms);
  EXPECT_EQ(errors_.size(), 1U);
}

TEST_F(worker_of_a_node, WritesAResultAgainAfterAnErrorThatWroteNothing) {
  const task_id task = start_one();
  driver_.trouble().next("tasks.finish", {memory::fault::what::refuse, errc::read_only});
  answer(work_.started.front().run_id);
  EXPECT_EQ(result_of(task), '-');
  EXPECT_TRUE(until([&] { return result_of(task) == 'd'; }));
  EXPECT_EQ(partition(lane_).epoch, 1) << "nothing was in doubt";
}

TEST_F(worker_of_a_node, RenewsAPartitionWhoseWriteIsInDoubt) {
  const task_id task = start_one();
  driver_.trouble().next("tasks.finish", {memory::fault::what::lose_answer, errc::in_doubt});
  answer(work_.started.front().run_id);
  EXPECT_TRUE(until([&] { return partition(lane_).epoch == 2; }));
  advance(1s);
  EXPECT_EQ(result_of(task), 'd');
  EXPECT_EQ(work_.started.size(), 1U);
  EXPECT_TRUE(world_->broken_rules.empty());
}

TEST_F(worker_of_a_node, TakesADeadStoreActorForAWriteInDoubt) {
  const task_id task = start_one();
  end(parts_.finisher);
  answer(work_.started.front().run_id);
  EXPECT_TRUE(until([&] { return partition(lane_).epoch >= 2; }));
  EXPECT_EQ(partition(lane_).owner, me_);
  EXPECT_EQ(result_of(task), '-');
  EXPECT_EQ(work_.started.size(), 1U) << "its result is known: it must not run again";
}

TEST_F(worker_of_a_node, ReplacesAPendingStepByASoonerOne) {
  settings_.poll_idle = settings_.poll_busy = 60s;
  start_one();
  answer(work_.started.front().run_id, run_result::retry);  // after 100 ms; the pending step is at 60 s
  const boot_time ended = now().boot;
  while (!running(2) && now().boot - ended < 4s) advance(5ms);  // no beat, which would be a step as well
  ASSERT_EQ(work_.started.size(), 2U);
  EXPECT_GE(now().boot - ended, 100ms);
  EXPECT_LE(now().boot - ended, 150ms);
  EXPECT_EQ(work_.started.back().attempt, 2);
}

TEST_F(worker_of_a_node, StartsNothingPastItsDeadline) {
  wish(lane_, "n1");
  open();
  ASSERT_TRUE(until([&] { return partition(lane_).owner == me_; }));
  advance(6s);  // no beat
  enqueue();
  advance(2s);
  EXPECT_TRUE(work_.started.empty());
  EXPECT_TRUE(until([&] { return running(1); }));
}

TEST_F(worker_of_a_node, RunsWhatItsGatewayInsertsWithoutReadingItUnlessTheTaskIsAnotherNodes) {
  const part_id far = add_single("far");
  join("n2");
  wish(far, "n2");
  settings_.poll_idle = settings_.poll_busy = 60s;
  start_one();  // so it has recovered, too; the next poll is a minute away
  answer(work_.started.front().run_id);
  gateway_parts front;
  front.inbox = keep(system_.spawn(inbox, &driver_, errors()));
  front.worker = worker_;
  const gateway_actor entrance = keep(system_.spawn(gateway, front));
  std::vector<insert_row> rows(2);
  for (insert_row& row : rows) row.name = "paint", row.data = "{}";
  rows[0].stream = "far";
  rows[1].stream = "lane";
  const auto reply =
      ask<inserted_answer>(entrance, enqueue_atom_v, std::make_shared<const std::vector<insert_row>>(rows));
  run();
  ASSERT_TRUE(reply->has_value() && (*reply)->get()->ok());
  const task_id other = (**reply)->value().at(0).id;
  const task_id mine = (**reply)->value().at(1).id;

  ASSERT_EQ(work_.started.size(), 2U) << "at once, and only the one";
  EXPECT_EQ(work_.started.back().task_id, mine);
  EXPECT_EQ(world_->task_rows.at(mine).handed_epoch, partition(lane_).epoch);
  EXPECT_EQ(world_->task_rows.at(other).handed_epoch, 0) << "a poll of n2 finds it";
  answer(work_.started.back().run_id);
  EXPECT_EQ(result_of(mine), 'd');
  EXPECT_TRUE(world_->broken_rules.empty());
}

}  // namespace
}  // namespace weir::actors
