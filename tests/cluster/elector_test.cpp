// Who leads: gained with the lock, given up at the first unclear answer, trusted only for a while.
#include "cluster/elector.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

using lead_answer = result<std::optional<leader_term>>;

/// Answers as a test says, and notes what it was asked.
class scripted_leadership final : public leadership_store {
 public:
  std::vector<std::string> asked;
  lead_answer lead = std::optional<leader_term>{};
  result<bool> renewal = true;
  result<void> session, resignation;

  result<void> reconnect() override {
    asked.push_back("reconnect");
    return session;
  }
  lead_answer try_lead(node_id me) override {
    asked.push_back("try " + std::to_string(me));
    return lead;
  }
  result<bool> renew(node_id me, leader_term term) override {
    asked.push_back("renew " + std::to_string(me) + " " + text(term));
    return renewal;
  }
  result<void> resign(node_id me, leader_term term, const std::string& reason) override {
    asked.push_back("resign " + std::to_string(me) + " " + text(term) + " " + reason);
    return resignation;
  }

 private:
  static std::string text(leader_term term) {
    return std::to_string(term.timeline) + "/" + std::to_string(term.term);
  }
};

struct Elector : testing::Test {
  scripted_leadership store;
  elector_settings settings{7, 6s, 1s};
  std::optional<elector> held{std::in_place, store, settings};
  elector& machine = *held;
  boot_time now{100h};

  elector::change step() { return machine.step(now += 1s); }
  std::vector<std::string> asked() { return std::exchange(store.asked, {}); }
  void lead() {
    store.lead = std::optional(leader_term{2, 9});
    ASSERT_TRUE(step().gained);
    asked();
  }
};

TEST_F(Elector, FollowsWhileSomebodyElseHoldsTheLock) {
  for (int n = 0; n < 3; ++n) {
    const auto change = step();
    EXPECT_FALSE(change.gained);
    EXPECT_FALSE(change.lost);
  }
  EXPECT_THAT(asked(), ElementsAre("try 7", "try 7", "try 7")) << "on the same session";
  EXPECT_FALSE(machine.leading());
}

TEST_F(Elector, LeadsWithTheTermItObtained) {
  store.lead = std::optional(leader_term{2, 9});
  const auto change = step();
  ASSERT_TRUE(change.gained);
  EXPECT_EQ(change.gained->timeline, 2);
  EXPECT_EQ(change.gained->term, 9);
  EXPECT_FALSE(change.lost);
  ASSERT_TRUE(machine.leading());
  EXPECT_EQ(machine.leading()->term, 9);
  EXPECT_EQ(machine.trusted_until(), now + 5s) << "ttl less margin, from before the question was sent";
}

TEST_F(Elector, TrustsEachRenewalFromWhenItWasSent) {
  lead();
  const auto change = step();
  EXPECT_FALSE(change.gained) << "gained once";
  EXPECT_FALSE(change.lost);
  EXPECT_EQ(machine.trusted_until(), now + 5s);
  EXPECT_THAT(asked(), ElementsAre("renew 7 2/9"));
}

TEST_F(Elector, StepsDownAtAnyAnswerButYes) {
  const struct {
    const char* what;
    result<bool> renewal;
    const char* why;
  } cases[] = {{"the lock is gone", false, "the lock or the term is no longer mine"},
               {"the session broke", error{errc::in_doubt, "connection reset"}, "connection reset"},
               {"the database is away", error{errc::unavailable, "no route"}, "no route"},
               {"it took too long", error{errc::timeout, "canceled"}, "canceled"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    held.emplace(store, settings);
    store.renewal = true;
    lead();
    store.renewal = c.renewal;
    const auto change = step();
    EXPECT_FALSE(change.gained);
    EXPECT_EQ(change.lost, c.why);
    EXPECT_FALSE(machine.leading());
    asked();
    step();
    EXPECT_THAT(asked(), ElementsAre("reconnect", "try 7")) << "the old session may still hold the lock";
  }
}

// The machine that stood still must not even ask: another one may lead by now.
TEST_F(Elector, StepsDownUnaskedWhenItsLastRenewalIsTooOld) {
  lead();
  now = machine.trusted_until();
  const auto change = machine.step(now);
  EXPECT_EQ(change.lost, "the last renewal is too old");
  EXPECT_FALSE(machine.leading());
  EXPECT_THAT(asked(), IsEmpty());
}

TEST_F(Elector, RenewsUpToTheLastInstantOfTrust) {
  lead();
  now = machine.trusted_until() - 1ns;
  EXPECT_FALSE(machine.step(now).lost);
  EXPECT_EQ(machine.trusted_until(), now + 5s);
}

TEST_F(Elector, TakesANewSessionAfterATryOfUnknownFate) {
  store.lead = error{errc::in_doubt, "connection reset"};
  const auto change = step();
  EXPECT_FALSE(change.gained);
  EXPECT_FALSE(change.lost) << "nothing was held";
  store.lead = std::optional<leader_term>{};
  step();
  step();
  EXPECT_THAT(asked(), ElementsAre("try 7", "reconnect", "try 7", "try 7"));
}

TEST_F(Elector, TriesNothingWithoutASession) {
  store.lead = error{errc::unavailable, "away"};
  step();
  store.session = error{errc::unavailable, "away"};
  step();
  step();
  EXPECT_THAT(asked(), ElementsAre("try 7", "reconnect", "reconnect"));
  store.session = {};
  store.lead = std::optional(leader_term{2, 10});
  EXPECT_TRUE(step().gained);
}

TEST_F(Elector, LeadsAgainUnderANewTerm) {
  lead();
  store.renewal = false;
  step();
  store.renewal = true;
  store.lead = std::optional(leader_term{3, 10});
  const auto change = step();
  ASSERT_TRUE(change.gained);
  EXPECT_EQ(change.gained->timeline, 3);
  asked();
  step();
  EXPECT_THAT(asked(), ElementsAre("renew 7 3/10"));
}

TEST_F(Elector, ResignsWithAReason) {
  lead();
  const auto change = machine.resign("drained");
  EXPECT_EQ(change.lost, "drained");
  EXPECT_FALSE(change.gained);
  EXPECT_FALSE(machine.leading());
  EXPECT_THAT(asked(), ElementsAre("resign 7 2/9 drained"));
  step();
  EXPECT_THAT(asked(), ElementsAre("try 7")) << "the store gave the lock back";
}

TEST_F(Elector, LeavesTheSessionWhenItsResignationIsUnclear) {
  lead();
  store.resignation = error{errc::in_doubt, "connection reset"};
  EXPECT_EQ(machine.resign("drained").lost, "drained") << "whatever the store says";
  asked();
  step();
  EXPECT_THAT(asked(), ElementsAre("reconnect", "try 7"));
}

TEST_F(Elector, HasNothingToResignAsAFollower) {
  const auto change = machine.resign("drained");
  EXPECT_FALSE(change.lost);
  EXPECT_THAT(asked(), IsEmpty());
}

}  // namespace
}  // namespace weir::cluster
