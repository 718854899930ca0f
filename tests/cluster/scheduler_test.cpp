// Ticks through elections, restarts, lost answers and both changes of the clocks: each one task, on a virtual clock.
#include "cluster/scheduler.hpp"

#include <cstdlib>
#include <iostream>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/tick_rule.hpp"
#include "domain/time_text.hpp"
#include "drivers/memory/memory_driver.hpp"

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

wall_time at(const std::string& text) { return domain::parse_time(text).value(); }

schedule_declaration every_of(const std::string& name, std::chrono::milliseconds length,
                              missed_policy missed = missed_policy::once) {
  schedule_declaration wanted;
  wanted.name = name;
  wanted.task = name;
  wanted.every = length;
  wanted.missed = missed;
  return wanted;
}
schedule_declaration cron_of(const std::string& name, const std::string& line, const std::string& zone) {
  schedule_declaration wanted;
  wanted.name = name;
  wanted.task = name;
  wanted.cron = line;
  wanted.zone = zone;
  return wanted;
}

/// A node with a way to the world of its own; it has a scheduler while it believes that it leads.
struct player {
  std::unique_ptr<memory::memory_driver> driver;
  node_id id = 0;
  std::unique_ptr<leadership_store> leadership;
  std::unique_ptr<schedule_store> store;
  std::optional<scheduler> machine;
};

struct Scheduler : testing::Test {
  wall_time clock = at("2026-11-22T12:00:00Z");
  std::shared_ptr<memory::world> world = memory::make_world({[this] { return clock; }});
  std::unique_ptr<memory::memory_driver> people = memory::make_driver(world);
  std::unique_ptr<schedule_store> orders = people->open_schedules();
  std::vector<std::string> troubles;

  player join(const std::string& name) {
    player made;
    made.driver = memory::make_driver(world);
    node_facts facts;
    facts.name = name;
    const auto membership = made.driver->open_membership();
    made.id = membership->join(facts).value().id;
    EXPECT_TRUE(membership->set_state(made.id, node_state::active).ok());
    made.leadership = made.driver->open_leadership();
    return made;
  }
  /// A term for it, if nobody has one.
  bool lead(player& who, std::chrono::milliseconds poll = 2s) {
    const auto won = who.leadership->try_lead(who.id);
    if (!won) {
      static_cast<void>(who.leadership->reconnect());
      return false;
    }
    if (!*won) return false;
    who.store = who.driver->open_schedules();
    scheduler_settings settings;
    settings.me = who.id;
    settings.term = **won;
    settings.grace = 9s;
    settings.poll = poll;
    who.machine.emplace(*who.store, settings);
    return true;
  }
  scheduler::outcome step(player& who) {
    auto done = who.machine->step();
    for (const auto& trouble : done.troubles) troubles.push_back(trouble.message);
    if (done.over) who.machine.reset();
    return done;
  }
  /// Time passes as the scheduler wants to wait.
  void run_until(player& who, wall_time end) {
    while (clock < end && who.machine) {
      const auto wait = step(who).wait;
      clock = std::min(end, clock + wait);
    }
    if (who.machine) step(who);
  }

  /// When the tasks of that name were enqueued, in their order.
  std::vector<wall_time> enqueued(const std::string& name) const {
    std::vector<wall_time> found;
    for (const auto& [id, task] : world->task_rows) {
      if (task.name == name) found.push_back(task.created_at);
    }
    return found;
  }
  /// One task a tick: as many as there were, none before its tick.
  void expect_each_once(const schedule_declaration& wanted, wall_time since) const {
    const auto rule = domain::tick_rule::of(wanted).value();
    const auto found = enqueued(wanted.name);
    std::size_t ticks = 0;
    for (wall_time tick = rule.next(since); tick <= clock; tick = rule.next(tick), ++ticks) {
      ASSERT_LT(ticks, found.size()) << wanted.name << ": no task for the tick of "
                                     << domain::format_time(tick);
      EXPECT_GE(found[ticks], tick) << wanted.name << ": a task before its tick";
    }
    EXPECT_EQ(found.size(), ticks) << wanted.name;
  }
};

TEST_F(Scheduler, WakesAtTheNextTickAndLooksNowAndThen) {
  ASSERT_TRUE(orders->add(every_of("poll", 10s)).ok());
  auto n1 = join("n1");
  ASSERT_TRUE(lead(n1));
  clock += 3s;
  EXPECT_EQ(step(n1).wait, 2s) << "the poll: people may have made another one";
  clock += 5500ms;
  const auto close = step(n1);
  EXPECT_EQ(close.wait, 1500ms) << "until 12:00:10";
  EXPECT_EQ(close.fired, 0U);
  clock += close.wait;
  EXPECT_EQ(step(n1).fired, 1U);
  EXPECT_THAT(enqueued("poll"), ElementsAre(at("2026-11-22T12:00:10Z")));
  EXPECT_EQ(step(n1).fired, 0U);
  EXPECT_EQ(world->task_rows.begin()->second.created_by, "schedule poll");
}

TEST_F(Scheduler, SleepsWhereThereIsNothing) {
  auto n1 = join("n1");
  ASSERT_TRUE(lead(n1));
  EXPECT_EQ(step(n1).wait, 2s);
  EXPECT_THAT(troubles, IsEmpty());
}

TEST_F(Scheduler, GoesThroughBothChangesOfTheClocks) {
  const std::vector<schedule_declaration> all = {
      cron_of("berlin nightly", "30 2 * * *", "Europe/Berlin"),
      cron_of("berlin quarters", "*/15 * * * *", "Europe/Berlin"),
      cron_of("york nightly", "30 2 * * *", "America/New_York"),
      cron_of("york half past one", "30 1 * * *", "America/New_York"),
      cron_of("york quarters", "*/15 * * * *", "America/New_York"),
  };
  const struct {
    const char* from;
    const char* to;
    int nights;
    int quarters;
  } changes[] = {{"2026-03-07T00:00:00Z", "2026-03-10T00:00:00Z", 3, 288},
                 {"2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z", 3, 288},
                 {"2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z", 3, 288},
                 {"2026-10-31T00:00:00Z", "2026-11-03T00:00:00Z", 3, 288}};
  for (const auto& change : changes) {
    clock = at(change.from);
    for (const auto& each : all) ASSERT_TRUE(orders->add(each).ok());
    auto n1 = join("n1 " + std::string{change.from});
    ASSERT_TRUE(lead(n1, 10min));
    run_until(n1, at(change.to));
    for (const auto& each : all) expect_each_once(each, at(change.from));
    EXPECT_THAT(enqueued("berlin nightly"), SizeIs(change.nights)) << change.from;
    EXPECT_THAT(enqueued("york nightly"), SizeIs(change.nights)) << change.from;
    EXPECT_THAT(enqueued("york half past one"), SizeIs(change.nights)) << change.from;
    EXPECT_THAT(enqueued("berlin quarters"), SizeIs(change.quarters)) << change.from;
    EXPECT_THAT(enqueued("york quarters"), SizeIs(change.quarters)) << change.from;
    world->task_rows.clear();
    for (const auto& each : all) ASSERT_TRUE(orders->remove(each.name).ok());
    ASSERT_TRUE(
        n1.leadership->resign(n1.id, {world->timeline(), world->running_term()->row.fence.term}, "resigned")
            .ok());
  }
}

TEST_F(Scheduler, GoesOnWhereTheLeaderBeforeItWas) {
  const auto poll = every_of("poll", 1s, missed_policy::skip);
  ASSERT_TRUE(orders->add(poll).ok());
  auto n1 = join("n1");
  auto n2 = join("n2");
  ASSERT_TRUE(lead(n1));
  run_until(n1, clock + 10s);
  ASSERT_TRUE(n1.leadership->reconnect().ok());  // its lock is gone, and it knows nothing of it
  clock += 3s;
  ASSERT_TRUE(lead(n2));
  run_until(n2, clock + 10s);
  EXPECT_TRUE(n1.machine->step().fired == 0);
  expect_each_once(poll, at("2026-11-22T12:00:00Z"));
  clock += 1s;
  EXPECT_TRUE(step(n1).over) << "refused: its term has ended";
  EXPECT_THAT(troubles, IsEmpty());
}

TEST_F(Scheduler, KeepsThePolicyOfWhatWasMissed) {
  for (const auto policy : {missed_policy::skip, missed_policy::once, missed_policy::all}) {
    const std::string name{policy == missed_policy::skip   ? "skip"
                           : policy == missed_policy::once ? "once"
                                                           : "all"};
    ASSERT_TRUE(orders->add(every_of(name, 1min, policy)).ok());
  }
  auto n1 = join("n1");
  ASSERT_TRUE(lead(n1));
  run_until(n1, at("2026-11-22T12:02:30Z"));
  ASSERT_TRUE(n1.leadership->resign(n1.id, {1, 1}, "resigned").ok());
  clock = at("2026-11-22T14:00:30Z");  // the whole cluster was away
  auto n2 = join("n2");
  ASSERT_TRUE(lead(n2));
  while (step(n2).wait < 1s) continue;  // in portions
  EXPECT_THAT(enqueued("skip"), SizeIs(2));
  EXPECT_THAT(enqueued("once"), SizeIs(3));
  EXPECT_THAT(enqueued("all"), SizeIs(120));
  run_until(n2, at("2026-11-22T14:01:30Z"));
  EXPECT_THAT(enqueued("skip"), SizeIs(3));
  EXPECT_THAT(enqueued("once"), SizeIs(4));
  EXPECT_THAT(enqueued("all"), SizeIs(121));
}

TEST_F(Scheduler, DropsTheTicksOfAPause) {
  ASSERT_TRUE(orders->add(every_of("poll", 1min, missed_policy::all)).ok());
  auto n1 = join("n1");
  ASSERT_TRUE(lead(n1));
  run_until(n1, at("2026-11-22T12:01:30Z"));
  ASSERT_TRUE(orders->pause("poll", at("2026-11-22T12:04:00Z")).ok());
  run_until(n1, at("2026-11-22T12:03:59Z"));
  EXPECT_THAT(enqueued("poll"), SizeIs(1));
  run_until(n1, at("2026-11-22T12:04:30Z"));
  EXPECT_THAT(enqueued("poll"), ElementsAre(at("2026-11-22T12:01:00Z"), at("2026-11-22T12:04:00Z")));
  ASSERT_TRUE(orders->pause("poll", std::nullopt).ok());
  run_until(n1, at("2026-11-22T13:00:30Z"));
  ASSERT_TRUE(orders->resume("poll").ok());
  run_until(n1, at("2026-11-22T13:01:00Z"));
  EXPECT_THAT(enqueued("poll"), SizeIs(3));
}

TEST_F(Scheduler, IsNotHeldUpByAScheduleThatMeansNothing) {
  ASSERT_TRUE(orders->add(every_of("a", 1s)).ok());
  ASSERT_TRUE(orders->add(every_of("b", 1s)).ok());
  world->schedules.change("a").settings.every = 0ms;
  world->schedules.change("a").settings.cron = "0 2 * * *";
  world->schedules.change("a").settings.zone = "Atlantis/Capital";
  auto n1 = join("n1");
  ASSERT_TRUE(lead(n1));
  run_until(n1, clock + 5s);
  EXPECT_THAT(enqueued("b"), SizeIs(5));
  EXPECT_THAT(troubles, ElementsAre(HasSubstr("schedule a is not fired"))) << "told once";
}

TEST_F(Scheduler, FiresMoreThanABatchAtOneTick) {
  for (int i = 0; i < 3 * scheduler::batch; ++i)
    ASSERT_TRUE(orders->add(every_of("s" + std::to_string(i), 1min)).ok());
  auto n1 = join("n1");
  ASSERT_TRUE(lead(n1));
  run_until(n1, at("2026-11-22T12:00:59Z"));
  EXPECT_THAT(world->task_rows, IsEmpty());
  run_until(n1, at("2026-11-22T12:01:00.010Z"));
  EXPECT_THAT(world->task_rows, SizeIs(3 * scheduler::batch));
}

TEST_F(Scheduler, TriesAgainSoonWhereALockIsHeld) {
  ASSERT_TRUE(orders->add(every_of("poll", 1min)).ok());
  auto n1 = join("n1");
  ASSERT_TRUE(lead(n1));
  run_until(n1, at("2026-11-22T12:00:59Z"));
  clock = at("2026-11-22T12:01:00Z");
  n1.driver->trouble().next("schedules.fire", {memory::fault::what::refuse, errc::timeout});
  EXPECT_EQ(step(n1).wait, 500ms);
  EXPECT_EQ(step(n1).fired, 1U);
}

TEST_F(Scheduler, TellsTroubleOnceAndComesBack) {
  ASSERT_TRUE(orders->add(every_of("poll", 1s)).ok());
  auto n1 = join("n1");
  ASSERT_TRUE(lead(n1));
  n1.driver->trouble().cut(true);
  run_until(n1, clock + 6s);
  EXPECT_THAT(troubles, SizeIs(1));
  n1.driver->trouble().cut(false);
  run_until(n1, clock + 6s);
  EXPECT_THAT(enqueued("poll"), SizeIs(12));
}

// Two nodes that take the lead from each other, on sessions that break, with answers that are lost and statements that
// arrive late: what stands in the end is one task a tick.
TEST_F(Scheduler, FiresEachTickOnceWhateverHappens) {
  const auto given = std::getenv("WEIR_SEED");
  const auto seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << "WEIR_SEED=" << seed << '\n';
  std::mt19937_64 dice{seed};
  const auto roll = [&](int most) { return std::uniform_int_distribution<int>{1, most}(dice); };
  const std::vector<schedule_declaration> all = {
      every_of("second", 1s, missed_policy::all),
      every_of("odd", 2500ms, missed_policy::all),
      cron_of("minute", "* * * * *", "Europe/Berlin"),
  };
  clock = at("2026-10-25T00:50:00Z");
  const wall_time since = clock;
  for (auto each : all) {
    each.missed = missed_policy::all;
    ASSERT_TRUE(orders->add(each).ok());
  }
  bool calm = false;
  std::vector<player> players;
  for (const char* const name : {"n1", "n2"}) {
    players.push_back(join(name));
    players.back().driver->trouble().decide_by([&](const std::string&) -> std::optional<memory::fault> {
      if (calm) return std::nullopt;
      switch (roll(40)) {
        case 1: return memory::fault{memory::fault::what::refuse, errc::unavailable};
        case 2: return memory::fault{memory::fault::what::lose_answer, errc::in_doubt};
        case 3: return memory::fault{memory::fault::what::delay, errc::in_doubt};
        case 4: return memory::fault{memory::fault::what::refuse, errc::timeout};
        default: return std::nullopt;
      }
    });
  }
  int terms = 0;
  const auto turn = [&](player& who) {
    if (!who.machine) {
      if (lead(who)) ++terms;
    } else if (!calm && roll(30) == 1) {
      // The lock goes; the machine stays, and believes.
      static_cast<void>(who.leadership->reconnect());
      if (roll(2) == 1) who.machine.reset();
    } else {
      step(who);
    }
  };
  for (int i = 0; i < 6000; ++i) {
    turn(players[static_cast<std::size_t>(roll(2) - 1)]);
    if (roll(10) == 1) world->deliver_delayed();
    clock += std::chrono::milliseconds{roll(400)};
  }
  calm = true;
  world->deliver_delayed();
  for (int i = 0; i < 400; ++i) {
    for (player& who : players) turn(who);
  }
  for (const auto& each : all) expect_each_once(each, since);
  EXPECT_GT(terms, 20);
  EXPECT_THAT(world->broken_rules, IsEmpty());
}

}  // namespace
}  // namespace weir::cluster
