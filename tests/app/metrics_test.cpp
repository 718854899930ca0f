// What a node counts of itself: its terms, its moves as a leader, its mails. On the memory driver.
#include <algorithm>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/metrics/measured_driver.hpp"
#include "drivers/memory/memory_driver.hpp"

namespace weir::app {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Metrics : testing::Test {
  std::shared_ptr<memory::world> world = memory::make_world();
  node_metrics counted;
  std::unique_ptr<driver> store = measured(memory::make_driver(world), counted);
  std::unique_ptr<membership_store> members = store->open_membership();
  std::unique_ptr<console_store> console = store->open_console();

  node_id join(const std::string& name) {
    node_facts facts;
    facts.name = name;
    facts.machine = "machine-of-" + name;
    facts.cluster_settings = "{}";
    const node_id id = members->join(facts)->id;
    EXPECT_TRUE(members->set_state(id, node_state::active).ok());
    return id;
  }
  /// As /metrics does it.
  std::string text() {
    const int asked = counted.terms.wanted();
    counted.terms.settle(*console->leaders(asked), asked, counted.leader_changes);
    return counted.text();
  }
  static std::string of(const char* metric, const char* label, const char* word, int times) {
    return std::string(metric) + "{" + label + "=\"" + word + "\"} " + std::to_string(times) + "\n";
  }
  static std::string changes(const char* reason, int times) {
    return of("weir_leader_changes_total", "reason", reason, times);
  }
  static std::string moves(const char* reason, int times) {
    return of("weir_moves_total", "reason", reason, times);
  }
};

TEST_F(Metrics, ACounterIsThereBeforeItsFirstEvent) {
  const std::string all = text();
  EXPECT_THAT(all, HasSubstr(changes("dead", 0)));
  EXPECT_THAT(all, HasSubstr(moves("pinned", 0)));
  EXPECT_THAT(all, HasSubstr(of("weir_wakeups_total", "source", "poll", 0)));
  EXPECT_THAT(all, HasSubstr(of("weir_emails_total", "result", "failure", 0)));
  EXPECT_THAT(all, HasSubstr(of("weir_db_errors_total", "class", "unavailable", 0)));
  EXPECT_THAT(all, Not(HasSubstr("weir_links_up"))) << "it takes none";
  counted.links = 2;
  EXPECT_THAT(text(), HasSubstr("\nweir_links_up 2\n"));
}

TEST_F(Metrics, ATermIsCountedWhereItBeganByWhyTheOneBeforeEnded) {
  const node_id n1 = join("n1");
  const node_id n2 = join("n2");
  const auto first = store->open_leadership();
  const auto second = store->open_leadership();
  ASSERT_TRUE(*first->try_lead(n1));
  EXPECT_FALSE(*second->try_lead(n2));
  EXPECT_THAT(text(), HasSubstr(changes("first", 1)));
  ASSERT_TRUE(*members->declare_dead_by_proof(n1));
  ASSERT_TRUE(first->reconnect().ok());  // the end of its session
  const auto term = *second->try_lead(n2);
  ASSERT_TRUE(term);
  ASSERT_TRUE(second->resign(n2, *term, "resigned").ok());
  ASSERT_TRUE(*second->try_lead(n2));
  const std::string all = text();
  EXPECT_THAT(all, HasSubstr(changes("first", 1)));
  EXPECT_THAT(all, HasSubstr(changes("dead", 1)));
  EXPECT_THAT(all, HasSubstr(changes("resigned", 1)));
  EXPECT_THAT(text(), HasSubstr(changes("dead", 1))) << "each is counted once";
}

TEST_F(Metrics, ATermThatIsYoungerThanWhatWasReadIsCountedLater) {
  const node_id n1 = join("n1");
  const auto election = store->open_leadership();
  const auto begun = *election->try_lead(n1);
  ASSERT_TRUE(begun);
  const int asked = counted.terms.wanted();
  counted.terms.settle({}, asked, counted.leader_changes);
  EXPECT_THAT(counted.text(), HasSubstr(changes("first", 0)));
  EXPECT_THAT(text(), HasSubstr(changes("first", 1)));
}

TEST_F(Metrics, TheLeaderCountsItsMovesAndThosePeopleOrder) {
  const node_id n1 = join("n1");
  join("n2");
  const leader_term term = **store->open_leadership()->try_lead(n1);
  const auto placing = store->open_coordination();
  const auto parts = placing->load()->partitions;
  const part_id part = parts.at(0).id;
  const auto assign = [&](const std::string& node) { return placing->assign(n1, term, {{part, node}}); };
  ASSERT_TRUE(assign("n1").ok());
  EXPECT_THAT(text(), HasSubstr(moves("placed", 1)));
  ASSERT_TRUE(placing->load().ok());
  ASSERT_TRUE(assign("n2").ok());
  EXPECT_THAT(text(), HasSubstr(moves("balanced", 1)));
  ASSERT_TRUE(placing->load().ok());
  EXPECT_THAT(text(), HasSubstr(moves("ordered", 0))) << "these were its own";
  ASSERT_TRUE(console->wish_for({{part, "n1"}}).ok());
  ASSERT_TRUE(placing->load().ok());
  EXPECT_THAT(text(), HasSubstr(moves("ordered", 1)));
  ASSERT_TRUE(console->drain("n1", true).ok());
  ASSERT_TRUE(placing->load().ok());
  ASSERT_TRUE(assign("n2").ok());
  EXPECT_THAT(text(), HasSubstr(moves("drained", 1)));
  ASSERT_TRUE(console->pin("default", "n1", std::nullopt).ok());
  ASSERT_TRUE(placing->load().ok());
  ASSERT_TRUE(assign("n1").ok());
  EXPECT_THAT(text(), HasSubstr(moves("pinned", 1)));
  EXPECT_FALSE(placing->assign(n1, {term.timeline, term.term - 1}, {{part, "n2"}}).ok());
  ASSERT_TRUE(placing->load().ok());
  EXPECT_THAT(text(), HasSubstr(moves("pinned", 1))) << "of a refused write nothing is counted";
  EXPECT_THAT(text(), HasSubstr(moves("ordered", 1)));
}

TEST_F(Metrics, MailsAreTheRunsOfActionsThatSendThem) {
  counted.mail_actions = {"welcome", "receipt"};
  counted.attempts.with({"s", "welcome", "success"}).add(3);
  counted.attempts.with({"s", "receipt", "success"}).add(2);
  counted.attempts.with({"other", "receipt", "retry"}).add();
  counted.attempts.with({"s", "sync", "success"}).add(7);
  const std::string all = text();
  EXPECT_THAT(all, HasSubstr(of("weir_emails_total", "result", "success", 5)));
  EXPECT_THAT(all, HasSubstr(of("weir_emails_total", "result", "retry", 1)));
  EXPECT_THAT(all, HasSubstr(of("weir_emails_total", "result", "failure", 0)));
}

}  // namespace
}  // namespace weir::app
