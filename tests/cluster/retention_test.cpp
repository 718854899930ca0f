// Retention as a leader does it, step by step, on the model: what goes, when, and through every kind of trouble.
#include "cluster/retention.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/time_text.hpp"
#include "drivers/memory/memory_driver.hpp"

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using memory::fault;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr task_id in_a_segment = 10;

struct Retention : testing::Test {
  wall_time clock = domain::parse_time("2026-11-22T12:00:00Z").value();
  std::shared_ptr<memory::world> world = memory::make_world({[this] { return clock; }, in_a_segment});
  std::unique_ptr<memory::memory_driver> way = memory::make_driver(world);
  std::unique_ptr<memory::memory_driver> people = memory::make_driver(world);
  std::unique_ptr<console_store> console = people->open_console();
  std::unique_ptr<task_store> tasks = people->open_tasks();
  std::unique_ptr<retention_store> store = way->open_retention();
  std::unique_ptr<leadership_store> leadership = people->open_leadership();
  node_id me = 0;
  leader_term term;
  fence lane;
  std::optional<retention> machine;
  std::vector<std::string> troubles;
  std::int64_t emptied = 0, dropped = 0;

  void SetUp() override {
    node_facts facts;
    facts.name = "n1";
    const auto membership = people->open_membership();
    me = membership->join(facts).value().id;
    ASSERT_TRUE(membership->set_state(me, node_state::active).ok());
    stream_declaration single;
    single.name = "lane";
    single.mode = stream_mode::single;
    ASSERT_TRUE(console->create_stream(single).ok());
    term = **leadership->try_lead(me);
    const auto coordination = people->open_coordination();
    const auto loaded = coordination->load();
    ASSERT_TRUE(loaded.ok());
    for (const auto& part : loaded->partitions) lane.part = part.id;
    ASSERT_TRUE(coordination->assign(me, term, {{lane.part, "n1"}}).ok());
    lane = people->open_ownership()->acquire(me, lane.part, false, false).value().held;
    begin();
    wish({1h, std::nullopt, 1h});
  }
  void begin(std::chrono::milliseconds poll = 60s) {
    retention_settings settings;
    settings.me = me;
    settings.term = term;
    settings.poll = poll;
    settings.most_seen = 4;
    settings.most_changed = 2;
    machine.emplace(settings);
  }
  void wish(const retention_ages& ages) {
    ASSERT_TRUE(people->open_retention()->declare(me, {ages, {}}).ok());
  }

  task_id add() {
    insert_row row;
    row.name = "sync";
    row.stream = "lane";
    row.data = "{}";
    return tasks->insert({row}).value().front().id;
  }
  void finish(task_id id, char letter, int number = 1) {
    finish_row row;
    row.part = lane.part;
    row.id = id;
    row.name = "sync";
    row.result = letter;
    row.number = number;
    row.started_at = clock;
    if (letter == 'r') {
      row.open = finish_row::open_change::put;
      row.open_state = 'r';
      row.due_in = 1h;
      row.attempts = row.runs = number;
    } else if (number > 1) {
      row.open = finish_row::open_change::remove;
    }
    finish_request request{me, {lane}, {row}, {}};
    ASSERT_TRUE(tasks->finish(request).ok());
  }
  /// `count` tasks that end so, each letter in its turn; the mark passes them.
  void fill(const std::string& letters, int count) {
    for (int n = 0; n < count; ++n) finish(add(), letters[static_cast<std::size_t>(n) % letters.size()]);
    pass_all();
  }
  void pass_all() {
    read_request all;
    all.held = lane;
    all.position = {"1:1:", std::nullopt, 0, 0};
    all.limit = 1;
    finish_request request{me, {lane}, {}, {}};
    mark_move mark;
    mark.part = lane.part;
    mark.position = {tasks->read({all}).value().taken, std::nullopt, 0, 0};
    request.marks.push_back(mark);
    ASSERT_TRUE(tasks->finish(request).ok());
  }
  std::size_t known() const { return world->task_rows.size(); }

  retention::outcome step() {
    auto done = machine->step(*store);
    for (const auto& trouble : done.troubles) troubles.push_back(trouble.message);
    emptied += done.emptied;
    dropped += done.dropped;
    return done;
  }
  /// Until there is nothing to do; the number of steps.
  int settle() {
    int steps = 1;
    while (!step().idle) {
      if (++steps > 1000) {
        ADD_FAILURE() << "it comes to no end";
        return steps;
      }
      clock += 1ms;
    }
    return steps;
  }
  /// Time passes as the machine wants to wait.
  void run_for(std::chrono::milliseconds length) {
    for (const wall_time end = clock + length; clock < end;) {
      const auto wait = std::max(step().wait, 1ms);
      clock = std::min(end, clock + wait);
    }
    settle();
  }
};

TEST_F(Retention, DoesNothingWithoutAnAge) {
  wish({});
  fill("d", 25);
  clock += 10000h;
  EXPECT_EQ(settle(), 1) << "the full segments are not empty, so not even dropped";
  EXPECT_EQ(known(), 25U);
}

TEST_F(Retention, EmptiesAndDropsWhatIsTooOldAndKeepsWhatIsNot) {
  fill("dddddddddf", 28);
  clock += 1h;
  settle();
  EXPECT_EQ(emptied, 2);
  EXPECT_EQ(dropped, 2);
  EXPECT_EQ(known(), 2U) << "the failed ones";
  EXPECT_TRUE(world->broken_rules.empty());
}

TEST_F(Retention, UnfinishedTasksOutliveTheirSegment) {
  const task_id retry = add();
  finish(retry, 'r');
  fill("d", 24);
  clock += 1h;
  settle();
  EXPECT_EQ(dropped, 2);
  EXPECT_EQ(known(), 1U);
  finish(retry, 'd', 2);
  run_for(2h);
  EXPECT_EQ(known(), 0U) << "it goes an age after its end";
}

TEST_F(Retention, ATaskGoesWithinATwentiethOfItsAgeAfterwards) {
  fill("d", 3);
  run_for(1h - 1s);
  EXPECT_EQ(known(), 3U);
  run_for(3min + 2s);
  EXPECT_EQ(known(), 0U) << "from the segment that is being filled";
  EXPECT_EQ(emptied, 0);
}

TEST_F(Retention, WhereMuchStaysTheRestIsDeletedOneByOne) {
  fill("df", 30);
  clock += 1h;
  settle();
  EXPECT_EQ(known(), 15U);
  EXPECT_EQ(emptied, 0);
  wish({1h, 2h, 1h});
  run_for(2h);
  EXPECT_EQ(known(), 0U);
}

TEST_F(Retention, WhatIsUnreadHoldsItsSegmentButNotWhatHasEnded) {
  const task_id unread = add();
  for (int n = 0; n < 24; ++n) finish(add(), 'd');
  clock += 1h;
  settle();
  EXPECT_EQ(known(), 1U);
  EXPECT_EQ(emptied, 1) << "the other one";
  EXPECT_EQ(dropped, 0);
  finish(unread, 'd');
  run_for(2h);
  EXPECT_EQ(known(), 0U);
  EXPECT_EQ(dropped, 2);
}

TEST_F(Retention, ShorterAgesAreSeenAtTheNextLook) {
  wish({1000h, std::nullopt, std::nullopt});
  fill("d", 15);
  run_for(2h);
  EXPECT_EQ(known(), 15U);
  wish({1h, std::nullopt, std::nullopt});
  run_for(61s);
  EXPECT_EQ(known(), 0U);
}

TEST_F(Retention, TriesAgainWhereSomebodyHoldsTheTasks) {
  fill("d", 15);
  clock += 1h;
  way->trouble().decide_by([](const std::string& operation) -> std::optional<fault> {
    if (operation == "retention.empty" || operation == "retention.drop")
      return fault{fault::what::refuse, errc::timeout};
    return std::nullopt;
  });
  run_for(10min);
  EXPECT_EQ(known(), 9U) << "the segment that is being filled was swept";
  EXPECT_THAT(troubles, IsEmpty()) << "that is no trouble";
  way->trouble().decide_by({});
  run_for(61s);
  EXPECT_EQ(known(), 0U);
  EXPECT_EQ(dropped, 1);
}

TEST_F(Retention, ATroubleIsToldOnceAndTheSessionOpenedAgain) {
  fill("d", 15);
  clock += 1h;
  world->break_sessions();
  for (int n = 0; n < 3; ++n) step();
  EXPECT_THAT(troubles, SizeIs(1));
  settle();
  EXPECT_EQ(known(), 0U);
}

TEST_F(Retention, GoesOnAfterAnyStepWasInDoubt) {
  for (int at = 1; at <= 30; ++at) {
    fill("ddddf", 25);
    int calls = 0;
    way->trouble().decide_by([&](const std::string&) -> std::optional<fault> {
      return ++calls == at ? std::optional{fault{fault::what::lose_answer, {}}} : std::nullopt;
    });
    clock += 1h;
    run_for(2min);
    way->trouble().decide_by({});
  }
  run_for(2h);
  EXPECT_EQ(known(), 150U) << "the failed ones";
  EXPECT_TRUE(world->broken_rules.empty()) << world->broken_rules.front();
}

TEST_F(Retention, AnotherLeaderGoesOnWhereverOneStopped) {
  for (int steps = 1; steps <= 20; ++steps) {
    fill("ddddf", 25);
    clock += 1h;
    for (int n = 0; n < steps; ++n) step();
    begin();
    settle();
  }
  EXPECT_EQ(known() - 100, 0U);
  EXPECT_TRUE(world->broken_rules.empty());
}

TEST_F(Retention, EndsWithItsTerm) {
  fill("d", 15);
  clock += 1h;
  ASSERT_TRUE(console->resign_leader().ok());
  retention::outcome last;
  for (int n = 0; n < 20 && !last.over; ++n) last = step();
  EXPECT_TRUE(last.over);
  EXPECT_GE(known(), 15U);
}

TEST_F(Retention, IsInNoHurryWhileThereIsNothingToDo) {
  const auto done = step();
  EXPECT_TRUE(done.idle);
  EXPECT_EQ(done.wait, 60s);
  wish({2s, std::nullopt, std::nullopt});
  step();
  EXPECT_EQ(step().wait, 1s);
}

}  // namespace
}  // namespace weir::cluster
