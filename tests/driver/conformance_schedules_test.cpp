// Schedules: what is due, firing as a compare-and-set under the leader's term, and what people order.
#include "tests/driver/fixture.hpp"

namespace weir::conformance {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class scheduling : public conformance {
 protected:
  void SetUp() override {
    conformance::SetUp();
    if (!IsSkipped()) schedules_ = store().driver().open_schedules();
  }
  schedule_store& schedules() { return *schedules_; }

  static schedule_declaration nightly() {
    schedule_declaration wanted;
    wanted.name = "nightly \"run\"";
    wanted.task = "price_pull";
    wanted.key = "k'1";
    wanted.data = R"({"full": true, "n": 12345678901234567890})";
    wanted.cron = "0 2 * * *";
    wanted.zone = "Pacific/Auckland";
    wanted.missed = missed_policy::all;
    return wanted;
  }
  static schedule_declaration poll() {
    schedule_declaration wanted;
    wanted.name = "poll";
    wanted.task = "poll";
    wanted.every = 15min;
    return wanted;
  }
  void lead_alone() {
    n1_ = join("n1");
    term_ = lead(n1_);
  }
  due_schedules due(int limit = 10) { return must(schedules().due(limit)); }
  std::vector<std::string> due_names() {
    std::vector<std::string> names;
    for (const auto& row : due().due) names.push_back(row.settings.name);
    return names;
  }
  std::optional<std::vector<task_id>> fire(const schedule_row& row, std::vector<wall_time> ticks,
                                           wall_time next) {
    return must(schedules().fire(n1_, term_, {row.id, row.next_at, std::move(ticks), next}));
  }
  std::vector<task_record> all_tasks() { return must(console().tasks({})).items; }
  /// The store's clock, to whole milliseconds.
  wall_time now() { return std::chrono::floor<std::chrono::milliseconds>(store().now()); }

 private:
  std::unique_ptr<schedule_store> schedules_;
};

TEST_F(scheduling, WhatIsAddedIsFoundAsItWasWritten) {
  const auto before = store().now();
  must(schedules().add(nightly()));
  must(schedules().add(poll()));
  const auto found = must(schedules().find(nightly().name));
  EXPECT_EQ(found.settings.task, "price_pull");
  EXPECT_EQ(found.settings.key, "k'1");
  EXPECT_THAT(found.settings.data, AllOf(HasSubstr("true"), HasSubstr("12345678901234567890")));
  EXPECT_EQ(found.settings.cron, "0 2 * * *");
  EXPECT_EQ(found.settings.zone, "Pacific/Auckland");
  EXPECT_EQ(found.settings.every.count(), 0);
  EXPECT_EQ(found.settings.missed, missed_policy::all);
  EXPECT_GE(found.since, before);
  EXPECT_LE(found.since, store().now());
  EXPECT_FALSE(found.next_at);
  EXPECT_FALSE(found.paused);
  EXPECT_FALSE(found.last_at);
  EXPECT_EQ(found.last_task, 0);
  const auto all = must(schedules().list());
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].settings.name, nightly().name) << "by name";
  EXPECT_EQ(all[1].settings.every, 15min);
  EXPECT_EQ(all[1].settings.cron, "");
  EXPECT_EQ(all[1].settings.key, std::nullopt);
  EXPECT_NE(all[0].id, all[1].id);
}

TEST_F(scheduling, TheSameAgainIsFineAndAnotherOneIsAConflict) {
  must(schedules().add(nightly()));
  auto same = nightly();
  same.data = R"({"n":12345678901234567890,"full":true})";
  must(schedules().add(same));
  auto other = nightly();
  other.cron = "0 3 * * *";
  const auto refused = schedules().add(other);
  ASSERT_EQ(code_of(refused), errc::conflict);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("cron"), HasSubstr("0 2 * * *"), HasSubstr("0 3 * * *")));
  EXPECT_EQ(must(schedules().find(nightly().name)).settings.cron, "0 2 * * *");
}

TEST_F(scheduling, WhatCanNeverFireIsRefused) {
  auto wrong = nightly();
  wrong.cron = "0 2 30 2 *";
  EXPECT_EQ(code_of(schedules().add(wrong)), errc::invalid);
  wrong = nightly();
  wrong.zone = "Nowhere/Atall";
  EXPECT_EQ(code_of(schedules().add(wrong)), errc::invalid);
  wrong = nightly();
  wrong.name = "";
  EXPECT_EQ(code_of(schedules().add(wrong)), errc::invalid);
  wrong = nightly();
  wrong.data = "{";
  EXPECT_EQ(code_of(schedules().add(wrong)), errc::invalid);
  wrong = poll();
  wrong.every = 10ms;
  EXPECT_EQ(code_of(schedules().add(wrong)), errc::invalid);
  EXPECT_THAT(must(schedules().list()), IsEmpty());
}

TEST_F(scheduling, AnUnknownNameIsNotFound) {
  EXPECT_EQ(code_of(schedules().find("x")), errc::not_found);
  EXPECT_EQ(code_of(schedules().remove("x")), errc::not_found);
  EXPECT_EQ(code_of(schedules().pause("x", std::nullopt)), errc::not_found);
  EXPECT_EQ(code_of(schedules().resume("x")), errc::not_found);
  EXPECT_EQ(code_of(schedules().trigger("x", "me")), errc::not_found);
}

TEST_F(scheduling, NothingIsDueWhereThereIsNothing) {
  const auto found = due();
  EXPECT_THAT(found.due, IsEmpty());
  EXPECT_FALSE(found.next_in);
}

TEST_F(scheduling, ANewOneIsDueUntilALeaderHasSeenIt) {
  lead_alone();
  must(schedules().add(poll()));
  const auto seen = due();
  ASSERT_THAT(seen.due, SizeIs(1));
  EXPECT_NEAR(static_cast<double>((store().now() - seen.now).count()), 0, 5e6);
  const auto next = now() + 10min;
  EXPECT_THAT(fire(seen.due[0], {}, next).value(), IsEmpty());
  const auto later = due();
  EXPECT_THAT(later.due, IsEmpty());
  ASSERT_TRUE(later.next_in);
  EXPECT_GT(*later.next_in, 9min);
  EXPECT_LE(*later.next_in, 10min);
  EXPECT_EQ(must(schedules().find("poll")).next_at, next);
  EXPECT_FALSE(must(schedules().find("poll")).last_at) << "nothing was fired";
  EXPECT_THAT(all_tasks(), IsEmpty());
}

TEST_F(scheduling, AFiringEnqueuesATaskPerTickAndMovesOn) {
  lead_alone();
  must(schedules().add(nightly()));
  const auto first = now() - 2min;
  const auto second = now() - 1min;
  const auto made = fire(due().due.at(0), {first, second}, now() + 1h);
  ASSERT_TRUE(made);
  ASSERT_THAT(*made, SizeIs(2));
  EXPECT_LT(made->at(0), made->at(1));
  const auto tasks = all_tasks();
  ASSERT_THAT(tasks, SizeIs(2));
  for (const auto& task : tasks) {
    EXPECT_EQ(task.name, "price_pull");
    EXPECT_EQ(task.key, "k'1");
    EXPECT_EQ(task.stream, "default");
    EXPECT_EQ(task.created_by, "schedule nightly \"run\"");
    EXPECT_THAT(task.data, HasSubstr("12345678901234567890"));
    EXPECT_EQ(task.state, task_state::ready);
  }
  const auto row = must(schedules().find(nightly().name));
  EXPECT_EQ(row.last_at, second);
  EXPECT_EQ(row.last_task, made->at(1));
}

TEST_F(scheduling, AFiringCountsOnlyWhereNothingHasMoved) {
  lead_alone();
  must(schedules().add(poll()));
  const auto row = due().due.at(0);
  const auto tick = now() - 1s;
  ASSERT_TRUE(fire(row, {}, tick));
  EXPECT_FALSE(fire(row, {tick}, now() + 1h)) << "never seen is no longer true";
  const auto seen = due().due.at(0);
  EXPECT_EQ(seen.next_at, tick);
  ASSERT_TRUE(fire(seen, {tick}, now() + 1h));
  EXPECT_FALSE(fire(seen, {tick}, now() + 1h)) << "the same tick again";
  EXPECT_THAT(all_tasks(), SizeIs(1));
}

TEST_F(scheduling, AScheduleMadeAnewIsAnotherOne) {
  lead_alone();
  must(schedules().add(poll()));
  const auto row = due().due.at(0);
  must(schedules().remove("poll"));
  EXPECT_FALSE(fire(row, {now()}, now() + 1h));
  must(schedules().add(poll()));
  EXPECT_FALSE(fire(row, {now()}, now() + 1h));
  EXPECT_THAT(all_tasks(), IsEmpty());
  EXPECT_TRUE(fire(due().due.at(0), {now()}, now() + 1h));
}

TEST_F(scheduling, AStaleLeaderFiresNothing) {
  lead_alone();
  must(schedules().add(poll()));
  const auto row = due().due.at(0);
  must(leadership().resign(n1_, term_, "resigned"));
  const schedule_firing what{row.id, row.next_at, {now()}, now() + 1h};
  EXPECT_EQ(code_of(schedules().fire(n1_, term_, what)), errc::refused);
  const auto n2 = join("n2");
  const auto newer = lead(n2);
  EXPECT_EQ(code_of(schedules().fire(n1_, term_, what)), errc::refused);
  EXPECT_EQ(code_of(schedules().fire(n1_, newer, what)), errc::refused) << "another node's term";
  EXPECT_THAT(all_tasks(), IsEmpty());
  EXPECT_FALSE(must(schedules().find("poll")).next_at);
  EXPECT_TRUE(must(schedules().fire(n2, newer, what)));
  store().fail_over();
  must(schedules().reconnect());
  EXPECT_EQ(code_of(schedules().fire(n2, newer, {row.id, what.next, {now()}, now() + 2h})), errc::refused)
      << "another timeline";
}

TEST_F(scheduling, TheLongestDueComesFirstUpToTheLimit) {
  lead_alone();
  for (const char* name : {"a", "b", "c", "d"}) {
    auto wanted = poll();
    wanted.name = name;
    must(schedules().add(wanted));
  }
  const auto rows = due().due;
  fire(rows.at(0), {}, now() - 1s);
  fire(rows.at(1), {}, now() - 2s);
  fire(rows.at(2), {}, now() + 1h);
  EXPECT_THAT(due_names(), ElementsAre(rows[3].settings.name, rows[1].settings.name, rows[0].settings.name));
  EXPECT_THAT(due(2).due, SizeIs(2));
}

TEST_F(scheduling, APausedOneIsNotDueAndNotFired) {
  lead_alone();
  must(schedules().add(poll()));
  const auto row = due().due.at(0);
  must(schedules().pause("poll", std::nullopt));
  EXPECT_THAT(due().due, IsEmpty());
  EXPECT_FALSE(due().next_in) << "nobody knows when";
  EXPECT_FALSE(fire(row, {now()}, now() + 1h)) << "read before it was paused";
  auto shown = must(schedules().find("poll"));
  EXPECT_TRUE(shown.paused);
  EXPECT_FALSE(shown.paused_until);

  const auto then = now() + 10min;
  must(schedules().pause("poll", then));
  shown = must(schedules().find("poll"));
  EXPECT_TRUE(shown.paused);
  EXPECT_EQ(shown.paused_until, then);
  const auto waits = due().next_in;
  ASSERT_TRUE(waits);
  EXPECT_GT(*waits, 9min);

  must(schedules().resume("poll"));
  const auto resumed = due().due;
  ASSERT_THAT(resumed, SizeIs(1));
  EXPECT_FALSE(resumed[0].paused);
  ASSERT_TRUE(resumed[0].paused_until) << "so that ticks of the pause are known";
  EXPECT_LE(*resumed[0].paused_until, store().now());
  EXPECT_TRUE(fire(resumed[0], {now()}, now() + 1h));
}

TEST_F(scheduling, ToResumeWhatIsNotPausedChangesNothing) {
  must(schedules().add(poll()));
  must(schedules().resume("poll"));
  EXPECT_FALSE(must(schedules().find("poll")).paused_until);
  const auto past = now() - 1h;
  must(schedules().pause("poll", past));
  must(schedules().resume("poll"));
  EXPECT_EQ(must(schedules().find("poll")).paused_until, past);
}

TEST_F(scheduling, ATriggerEnqueuesAndMovesNothing) {
  lead_alone();
  must(schedules().add(nightly()));
  const auto next = now() + 1h;
  fire(due().due.at(0), {}, next);
  must(schedules().pause(nightly().name, std::nullopt));
  const auto made = must(schedules().trigger(nightly().name, "ann"));
  const auto task = must(console().task(made));
  EXPECT_EQ(task.name, "price_pull");
  EXPECT_EQ(task.key, "k'1");
  EXPECT_EQ(task.created_by, "schedule nightly \"run\", triggered by ann");
  const auto row = must(schedules().find(nightly().name));
  EXPECT_EQ(row.next_at, next);
  EXPECT_FALSE(row.last_at);
  EXPECT_THAT(all_tasks(), SizeIs(1));
}

TEST_F(scheduling, TheFirstDeclarationCreatesAndADifferingOneIsTold) {
  n1_ = join("n1");
  EXPECT_THAT(must(schedules().declare(n1_, {nightly(), poll()})), IsEmpty());
  EXPECT_THAT(must(schedules().declare(n1_, {nightly(), poll()})), IsEmpty());
  const auto n2 = join("n2");
  must(coordination().declare(n2, {}));
  auto other = nightly();
  other.missed = missed_policy::skip;
  other.key.reset();
  auto third = poll();
  third.name = "third";
  const auto told = must(schedules().declare(n2, {other, third}));
  EXPECT_THAT(
      told, testing::UnorderedElementsAre(AllOf(HasSubstr("nightly"), HasSubstr("missed"), HasSubstr("skip")),
                                          AllOf(HasSubstr("nightly"), HasSubstr("key"), HasSubstr("k'1"))));
  EXPECT_EQ(must(schedules().find(nightly().name)).settings.missed, missed_policy::all);
  EXPECT_THAT(must(schedules().list()), SizeIs(3));
  EXPECT_THAT(must(console().view()).differences, testing::UnorderedElementsAreArray(told));
  must(coordination().declare(n2, {}));
  EXPECT_THAT(must(console().view()).differences, testing::UnorderedElementsAreArray(told))
      << "what is said of streams again takes nothing from what was said of schedules";
  must(schedules().remove(nightly().name));
  EXPECT_THAT(must(schedules().declare(n2, {other, third})), IsEmpty());
  EXPECT_THAT(must(console().view()).differences, IsEmpty());
  EXPECT_EQ(must(schedules().find(nightly().name)).settings.missed, missed_policy::skip);
}

TEST_F(scheduling, ImpossibleDeclarationsAreRefusedWholeAndTheDeadDeclareNothing) {
  n1_ = join("n1");
  auto wrong = nightly();
  wrong.cron = "nightly";
  const auto refused = schedules().declare(n1_, {poll(), wrong});
  ASSERT_EQ(code_of(refused), errc::invalid);
  EXPECT_THAT(refused.error().message, HasSubstr("five: minute, hour"));
  must(membership().set_state(n1_, node_state::stopped));
  EXPECT_EQ(code_of(schedules().declare(n1_, {poll()})), errc::refused);
  EXPECT_THAT(must(schedules().list()), IsEmpty());
}

}  // namespace
}  // namespace weir::conformance
