// The ELECTOR, the COORDINATOR, the SCHEDULER, RETENTION and the UNDERTAKER over a memory driver.
#include <map>

#include "actors/coordinator.hpp"
#include "actors/elector.hpp"
#include "actors/retention.hpp"
#include "actors/scheduler.hpp"
#include "tests/actor/deterministic.hpp"

namespace weir::actors {
namespace {

class leading : public deterministic {
 protected:
  leading() {
    driver_.trouble().decide_by([this](const std::string& operation) -> std::optional<memory::fault> {
      ++calls_[operation];
      return std::nullopt;
    });
  }

  elector_actor spawn_elector(node_id me) {
    elector_parts parts;
    parts.store = &driver_;
    parts.settings = {me, 6s, 1s};
    parts.every = 1s;
    parts.now = [this] { return now().boot; };
    parts.random = [] { return 0.5; };
    parts.on_change = [this](const cluster::elector::change& change) { changes_.push_back(change); };
    const auto spawned = keep(system_.spawn(elector, parts));
    caf::anon_send(spawned, step_atom_v);
    run();
    return spawned;
  }

  leader_term lead(node_id me) {
    leadership_ = driver_.open_leadership();
    const auto begun = leadership_->try_lead(me);
    EXPECT_TRUE(begun.ok() && begun->has_value());
    return begun->value();
  }
  coordinator_actor spawn_coordinator(node_id me, leader_term term) {
    coordinator_parts parts;
    parts.store = &driver_;
    parts.me = me;
    parts.term = term;
    parts.now = [this] { return now().boot; };
    parts.on_moves = [this] { ++moves_; };
    parts.errors = errors();
    const auto spawned = keep(system_.spawn(coordinator, parts));
    run();
    return spawned;
  }
  scheduler_actor spawn_scheduler(node_id me, leader_term term, const coordinator_actor& leader) {
    schedule_declaration wanted;
    wanted.name = wanted.task = "poll";
    wanted.every = 1s;
    EXPECT_TRUE(driver_.open_schedules()->add(wanted).ok());
    scheduler_parts parts;
    parts.store = &driver_;
    parts.settings.me = me;
    parts.settings.term = term;
    parts.settings.grace = 9s;
    parts.leading = caf::actor_cast<caf::actor>(leader);
    parts.errors = errors();
    const auto spawned = keep(system_.spawn(scheduler, parts));
    run();
    return spawned;
  }
  void spawn_retention(node_id me, leader_term term, const coordinator_actor& leader) {
    retention_parts parts;
    parts.store = &driver_;
    parts.settings.me = me;
    parts.settings.term = term;
    parts.settings.poll = 10s;
    parts.leading = caf::actor_cast<caf::actor>(leader);
    parts.errors = errors();
    keep(system_.spawn(retention, parts));
    run();
  }
  int wished(const std::string& node) {
    int count = 0;
    for (const auto& [id, part] : world_->partitions) count += part.assigned_to == node ? 1 : 0;
    return count;
  }

  std::map<std::string, int> calls_;
  int moves_ = 0;
  std::vector<cluster::elector::change> changes_;
  std::unique_ptr<leadership_store> leadership_;
};

TEST_F(leading, TheElectorStepsOnceASecond) {
  spawn_elector(join("n1"));
  ASSERT_EQ(changes_.size(), 1U);
  ASSERT_TRUE(changes_[0].gained.has_value());
  EXPECT_EQ(changes_[0].gained->term, 1);
  EXPECT_EQ(calls_["leadership.renew"], 0);
  advance(10s);
  EXPECT_EQ(calls_["leadership.renew"], 10);
  EXPECT_EQ(changes_.size(), 1U) << "tells changes only";
}

TEST_F(leading, TheElectorTellsWhatItLostAndTriesAgain) {
  spawn_elector(join("n1"));
  driver_.trouble().next("leadership.renew", {memory::fault::what::refuse, errc::unavailable});
  advance(1s);
  ASSERT_EQ(changes_.size(), 2U);
  EXPECT_TRUE(changes_[1].lost.has_value());
  EXPECT_FALSE(changes_[1].gained.has_value());
  advance(1200ms);
  ASSERT_EQ(changes_.size(), 3U);
  EXPECT_EQ(changes_[2].gained.value().term, 2);
}

TEST_F(leading, ACandidateTriesUntilTheLeaderIsGone) {
  const node_id first = join("n1");
  const leader_term term = lead(first);
  spawn_elector(join("n2"));
  advance(3s);
  EXPECT_TRUE(changes_.empty());
  ASSERT_TRUE(leadership_->resign(first, term, "resigned").ok());
  advance(1200ms);
  ASSERT_EQ(changes_.size(), 1U);
  EXPECT_EQ(changes_[0].gained.value().term, 2);
}

TEST_F(leading, TheElectorResignsAndDoesNotTryAgain) {
  const auto candidate = spawn_elector(join("n1"));
  const auto led = ask<bool>(candidate, resign_atom_v, std::string("resigned"));
  run();
  EXPECT_EQ(*led, true);
  ASSERT_EQ(changes_.size(), 2U);
  EXPECT_EQ(changes_[1].lost, "resigned");
  advance(5s);
  EXPECT_EQ(changes_.size(), 2U) << "a node that goes away took the lead again";
  EXPECT_EQ(world_->leader_lock, nullptr);
}

TEST_F(leading, TheCoordinatorWritesWishesUnderItsTerm) {
  const node_id me = join("n1");
  spawn_coordinator(me, lead(me));
  for (int second = 0; second < 10 && wished("n1") < 16; ++second) advance(1s);
  EXPECT_EQ(wished("n1"), 16);
  EXPECT_GE(calls_["coordination.keep_room"], 1);
  EXPECT_TRUE(errors_.empty());

  const int loads = calls_["coordination.load"];
  const int assigned = calls_["coordination.assign"];
  advance(5s);
  EXPECT_EQ(calls_["coordination.load"], loads + 5) << "it looks once a second";
  EXPECT_EQ(calls_["coordination.assign"], assigned) << "what is as it should be is not written";
}

TEST_F(leading, TheCoordinatorPlacesAtOnceWhenToldToLookAndSaysWhenWishesAreWritten) {
  const node_id me = join("n1");
  const auto placing = spawn_coordinator(me, lead(me));
  for (int second = 0; second < 10 && wished("n1") < 16; ++second) advance(1s);
  const int moves = moves_;
  EXPECT_GE(moves, 1);
  wish(add_single("late"), "");
  caf::anon_send(placing, look_atom_v);
  run();
  EXPECT_EQ(moves_, moves + 1) << "before its next step";
  const int loads = calls_["coordination.load"];
  advance(5s);
  EXPECT_EQ(calls_["coordination.load"], loads + 5) << "a look is one more step, not one more series of them";
}

TEST_F(leading, TheCoordinatorEndsWhenANewerTermRefusesIt) {
  const node_id me = join("n1");
  const leader_term old = lead(me);
  ASSERT_TRUE(leadership_->resign(me, old, "resigned").ok());
  lead(join("n2"));
  spawn_coordinator(me, old);
  advance(5s);
  ASSERT_EQ(errors_.size(), 1U);
  EXPECT_EQ(errors_[0].code, errc::refused);
  EXPECT_EQ(calls_["coordination.load"], 1);
  EXPECT_EQ(wished("n1") + wished("n2"), 0);
}

TEST_F(leading, TheCoordinatorGoesOnAfterAnErrorOfTheStore) {
  const node_id me = join("n1");
  driver_.trouble().next("coordination.load", {memory::fault::what::refuse, errc::unavailable});
  spawn_coordinator(me, lead(me));
  EXPECT_EQ(errors_.size(), 1U);
  for (int second = 0; second < 10 && wished("n1") < 16; ++second) advance(1s);
  EXPECT_EQ(wished("n1"), 16);
  EXPECT_EQ(errors_.size(), 1U);
}

TEST_F(leading, TheSchedulerFiresEachTickAndEndsWithTheCoordinator) {
  const node_id me = join("n1");
  const leader_term term = lead(me);
  const auto placing = spawn_coordinator(me, term);
  spawn_scheduler(me, term, placing);
  advance(10s);
  EXPECT_EQ(world_->task_rows.size(), 10U);
  EXPECT_LE(calls_["schedules.due"], 14) << "it sleeps until the next tick";
  end(placing);
  advance(5s);
  EXPECT_EQ(world_->task_rows.size(), 10U);
  EXPECT_TRUE(errors_.empty());
}

TEST_F(leading, TheSchedulerEndsWhenANewerTermRefusesItAndSaysNothing) {
  const node_id me = join("n1");
  const leader_term old = lead(me);
  const auto placing = spawn_coordinator(me, old);
  ASSERT_TRUE(leadership_->resign(me, old, "resigned").ok());
  spawn_scheduler(me, old, placing);
  advance(5s);
  EXPECT_EQ(calls_["schedules.fire"], 1);
  EXPECT_EQ(calls_["schedules.due"], 1);
  EXPECT_TRUE(world_->task_rows.empty());
}

TEST_F(leading, RetentionLooksAgainAndAgainAndEndsWithTheCoordinator) {
  const node_id me = join("n1");
  const leader_term term = lead(me);
  const auto placing = spawn_coordinator(me, term);
  spawn_retention(me, term, placing);
  EXPECT_EQ(calls_["retention.look"], 1);
  advance(30s);
  EXPECT_EQ(calls_["retention.look"], 4);
  end(placing);
  advance(30s);
  EXPECT_EQ(calls_["retention.look"], 4);
  EXPECT_TRUE(errors_.empty());
}

TEST_F(leading, RetentionTellsOfAnErrorOfTheStoreAndGoesOn) {
  const node_id me = join("n1");
  const leader_term term = lead(me);
  const auto placing = spawn_coordinator(me, term);
  driver_.trouble().next("retention.look", {memory::fault::what::refuse, errc::unavailable});
  spawn_retention(me, term, placing);
  ASSERT_EQ(errors_.size(), 1U);
  EXPECT_EQ(errors_[0].code, errc::unavailable);
  advance(11s);
  EXPECT_EQ(calls_["retention.look"], 2) << "besides the one that was refused";
  EXPECT_EQ(errors_.size(), 1U);
}

TEST_F(leading, TheUndertakerDeclaresDeadOnlyWhoHasNotBeatenSince) {
  const node_id silent = join("n1");
  const node_id alive = join("n2");
  const auto burying = keep(system_.spawn(undertaker, &driver_, errors()));
  const auto membership = driver_.open_membership();
  ASSERT_TRUE(membership->beat(alive).ok());
  cluster::pulse_news news;
  news.suspects = {{silent, 0, world_->timeline(), "n1"}, {alive, 0, world_->timeline(), "n2"}};
  caf::anon_send(burying, bury_atom_v, news_ptr(std::make_shared<const cluster::pulse_news>(news)));
  run();
  EXPECT_EQ(world_->find_node(silent)->state, node_state::dead);
  EXPECT_EQ(world_->find_node(alive)->state, node_state::active);
  EXPECT_TRUE(errors_.empty());
}

}  // namespace
}  // namespace weir::actors
