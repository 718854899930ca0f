// The SUPERVISOR between actors that only note what they are told.
#include "actors/supervisor.hpp"

#include <algorithm>

#include "tests/actor/deterministic.hpp"

namespace weir::actors {
namespace {

using cluster::pulse_news;
using notes = std::shared_ptr<std::vector<std::string>>;

worker_actor::behavior_type noting_worker(worker_actor::pointer, notes told) {
  return {
      [=](view_atom, const news_ptr&) { told->push_back("view"); },
      [=](verdict_atom, const verdict_ptr&) {},
      [=](offer_atom, int) { return std::make_shared<const hand_offer>(); },
      [=](handed_atom, const handed_ptr&) {},
      [=](hint_atom, const hints_ptr&) {},
      [=](linked_atom, const names_ptr&) {},
      [=](stop_atom) { told->push_back("stop"); },
      [=](fenced_atom) { told->push_back("fenced"); },
      [=](report_atom) { return worker_report{}; },
      [=](step_atom, std::uint64_t) {},
  };
}

undertaker_actor::behavior_type noting_undertaker(undertaker_actor::pointer, notes told) {
  return {[=](bury_atom, const news_ptr& news) {
    told->push_back("bury " + news->suspects.at(0).name);
    return news->suspects.at(0).name != "alive";
  }};
}

elector_actor::behavior_type noting_elector(elector_actor::pointer, notes told) {
  return {
      [=](resign_atom, const std::string& reason) {
        told->push_back("resign: " + reason);
        return true;
      },
      [=](step_atom) {},
  };
}

struct coordinator_life {
  explicit coordinator_life(int* count, int* looked) : alive(count), looks(*looked) { ++*alive; }
  ~coordinator_life() { --*alive; }
  coordinator_life(const coordinator_life&) = delete;
  coordinator_life& operator=(const coordinator_life&) = delete;
  int* alive;
  int& looks;
};

coordinator_actor::behavior_type silent_coordinator(coordinator_actor::pointer,
                                                    std::shared_ptr<coordinator_life> life) {
  return {[life](look_atom) { ++life->looks; }, [life](step_atom) {}};
}

class supervisor_of_a_node : public deterministic {
 protected:
  supervisor_of_a_node() {
    supervisor_parts parts;
    worker_ = keep(system_.spawn(noting_worker, told_));
    parts.worker = worker_;
    parts.undertaker = keep(system_.spawn(noting_undertaker, told_));
    elector_ = keep(system_.spawn(noting_elector, told_));
    parts.elector = elector_;
    parts.lead = [this](leader_term term) {
      terms_.push_back(term.term);
      return keep(
          system_.spawn(silent_coordinator, std::make_shared<coordinator_life>(&coordinators_, &looks_)));
    };
    parts.begin_stop = [this] { told_->push_back("draining"); };
    parts.on_death = [this] { told_->push_back("look, all of you"); };
    parts.on_view = [this](const news_ptr&) { told_->push_back("view for all"); };
    parts.on_end = [this](bool fenced) { told_->push_back(fenced ? "ended fenced" : "ended"); };
    parts.on_alive = [this] { ++signs_; };
    parts.errors = errors();
    supervisor_ = keep(system_.spawn(supervisor, parts));
  }

  void news(pulse_news::what kind, std::vector<domain::suspect> suspects = {}) {
    auto brought = std::make_shared<pulse_news>();
    brought->kind = kind;
    brought->suspects = std::move(suspects);
    brought->trouble = "trouble";
    caf::anon_send(supervisor_, news_atom_v, news_ptr(brought));
    run();
  }
  void gained(term_number term) {
    auto change = std::make_shared<cluster::elector::change>();
    change->gained = leader_term{1, term};
    caf::anon_send(supervisor_, change_atom_v, change_ptr(change));
    run();
  }
  void lost() {
    auto change = std::make_shared<cluster::elector::change>();
    change->lost = "gone";
    caf::anon_send(supervisor_, change_atom_v, change_ptr(change));
    run();
  }
  template <class Atom>
  void tell(Atom what) {
    caf::anon_send(supervisor_, what);
    run();
  }
  /// What the others were told since the last call.
  std::vector<std::string> told() { return std::exchange(*told_, {}); }

  notes told_ = std::make_shared<std::vector<std::string>>();
  std::vector<term_number> terms_;
  int coordinators_ = 0;
  int looks_ = 0;
  int signs_ = 0;  ///< of life
  worker_actor worker_;
  elector_actor elector_;
  supervisor_actor supervisor_;
};

using words = std::vector<std::string>;

TEST_F(supervisor_of_a_node, LetsItsCoordinatorLookWhenAPeerSaysSo) {
  tell(look_atom_v);
  EXPECT_EQ(looks_, 0) << "it does not lead";
  gained(3);
  tell(look_atom_v);
  EXPECT_EQ(looks_, 1);
}

TEST_F(supervisor_of_a_node, PassesGoodNewsToTheWorkerAndSuspectsToTheUndertaker) {
  news(pulse_news::what::good);
  EXPECT_EQ(told(), (words{"view for all", "view"}));
  news(pulse_news::what::good, {{7, 1, 1, "n7"}});
  EXPECT_EQ(told(), (words{"view for all", "view", "bury n7", "look, all of you"}));
  news(pulse_news::what::good, {{7, 1, 1, "alive"}});
  EXPECT_EQ(told(), (words{"view for all", "view", "bury alive"}));
}

TEST_F(supervisor_of_a_node, LetsItsCoordinatorLookWhenThisNodeHasDeclaredAnotherDead) {
  gained(3);
  news(pulse_news::what::good, {{7, 1, 1, "alive"}});
  EXPECT_EQ(looks_, 0);
  news(pulse_news::what::good, {{7, 1, 1, "n7"}});
  EXPECT_EQ(looks_, 1);
}

TEST_F(supervisor_of_a_node, ShowsAFailedBeatAndTellsNobody) {
  news(pulse_news::what::failed);
  EXPECT_EQ(told(), words{});
  ASSERT_EQ(errors_.size(), 1U);
  EXPECT_EQ(errors_[0].code, errc::unavailable);
}

TEST_F(supervisor_of_a_node, GivesASignOfLifeForEachBeatThatTheWorkerAnswers) {
  news(pulse_news::what::good);
  EXPECT_EQ(signs_, 1);
  news(pulse_news::what::failed);
  EXPECT_EQ(signs_, 2) << "the database is away, the node is not";
  end(worker_);
  news(pulse_news::what::good);
  EXPECT_EQ(signs_, 2);
}

TEST_F(supervisor_of_a_node, KeepsOneCoordinatorPerTermAndEndsItWhenLost) {
  gained(3);
  EXPECT_EQ(coordinators_, 1);
  gained(4);
  EXPECT_EQ(coordinators_, 1) << "the one of the older term goes";
  EXPECT_EQ(terms_, (std::vector<term_number>{3, 4}));
  lost();
  EXPECT_EQ(coordinators_, 0);
}

TEST_F(supervisor_of_a_node, LeadsOnUntilTheWorkerHoldsNothingAndResignsThen) {
  gained(3);
  tell(stop_atom_v);
  EXPECT_EQ(told(), (words{"draining", "stop"}));
  EXPECT_EQ(coordinators_, 1) << "it places its own partitions, too";
  tell(idle_atom_v);
  EXPECT_EQ(told(), (words{"resign: resigned", "ended"}));
  EXPECT_EQ(coordinators_, 0);
}

TEST_F(supervisor_of_a_node, BeginsNoTermWhileItStops) {
  tell(stop_atom_v);
  gained(4);
  EXPECT_EQ(coordinators_, 0);
}

TEST_F(supervisor_of_a_node, EndsAllTheSameWhenTheElectorIsDead) {
  tell(stop_atom_v);
  told();
  end(elector_);
  tell(idle_atom_v);
  EXPECT_EQ(told(), words{"ended"});
}

TEST_F(supervisor_of_a_node, PassesASecondStopOn) {
  tell(stop_atom_v);
  told();
  tell(stop_atom_v);
  const auto again = told();
  EXPECT_EQ(std::count(again.begin(), again.end(), "stop"), 1);
}

TEST_F(supervisor_of_a_node, TellsTheEndOfTheIncarnationOnceAndEndsFenced) {
  gained(3);
  news(pulse_news::what::fenced);
  EXPECT_EQ(told(), (words{"resign: dead", "fenced"}));
  EXPECT_EQ(coordinators_, 0);
  news(pulse_news::what::fenced);
  EXPECT_EQ(told(), words{});
  gained(4);
  EXPECT_EQ(coordinators_, 0);
  tell(idle_atom_v);
  EXPECT_EQ(told(), words{"ended fenced"});
}

TEST_F(supervisor_of_a_node, EndsItsCoordinatorWithItself) {
  gained(3);
  end(supervisor_);
  EXPECT_EQ(coordinators_, 0) << "nobody else knows it: the node's end would wait for it for ever";
}

}  // namespace
}  // namespace weir::actors
