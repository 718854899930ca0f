// What waits for somebody, and for how long: partitions without an owner, ticks, passes of change data capture.
#include "tests/driver/fixture.hpp"

#include <functional>

#include <weir/driver/figures.hpp>

namespace weir::conformance {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using entries = std::vector<cluster_figures::entry>;

const std::string controller = "4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e";

/// An answer that may be as old as this test.
constexpr double moment = 60;

class figures : public conformance {
 protected:
  static std::optional<double> seconds(const entries& all, const std::string& name) {
    for (const auto& one : all) {
      if (one.name == name) return one.seconds;
    }
    return std::nullopt;
  }
  static std::vector<std::string> names(const entries& all) {
    std::vector<std::string> found;
    for (const auto& one : all) found.push_back(one.name);
    return found;
  }
  void SetUp() override {
    conformance::SetUp();
    if (IsSkipped()) return;
    source_ = dynamic_cast<figures_source*>(&console());
    if (source_ == nullptr) GTEST_SKIP() << "this driver tells no figures";
  }
  cluster_figures all() { return must(source_->figures()); }
  std::optional<double> unowned(const std::string& stream) { return seconds(all().unowned, stream); }
  /// More than before, by the clock of the store: asked again until it says so.
  void grows(const std::function<std::optional<double>()>& ask) {
    const double first = ask().value_or(-1);
    EXPECT_GE(first, 0);
    EXPECT_LT(first, moment);
    for (const auto end = std::chrono::steady_clock::now() + 10s; ask().value_or(-1) <= first;)
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "it stands at " << first;
  }

 private:
  figures_source* source_ = nullptr;
};

TEST_F(figures, AStreamIsUnownedUntilAllItsPartitionsHaveAnOwner) {
  grows([&] { return unowned("default"); });
  own_two_of_default();
  EXPECT_GT(unowned("default"), 0) << "fourteen are left";
  for (const part_id part : parts_of("default")) {
    if (part != first_.part && part != second_.part) own(n1_, "n1", part);
  }
  EXPECT_EQ(unowned("default"), 0);
}

TEST_F(figures, ItCountsFromTheEndOfTheLastOwnership) {
  own_lane();
  EXPECT_EQ(unowned("lane"), 0);
  must(membership().declare_dead_by_proof(n1_));
  grows([&] { return unowned("lane"); });
  n2_ = join("n2");
  must(leadership().reconnect());
  term_ = lead(n2_);
  must(coordination().assign(n2_, term_, {{lane_.part, "n2"}}));
  const auto taken = must(ownership_of_nodes().acquire(n2_, lane_.part, false, true));
  EXPECT_EQ(unowned("lane"), 0);
  const double before = unowned("default").value_or(-1);
  must(ownership_of_nodes().release(n2_, taken.held));
  EXPECT_LT(unowned("lane"), before) << "it has been owned since, the other one never was";
  grows([&] { return unowned("lane"); });
}

TEST_F(figures, ATickIsLateFromItsTimeUntilItIsFired) {
  n1_ = join("n1");
  term_ = lead(n1_);
  const auto schedules = store().driver().open_schedules();
  schedule_declaration poll;
  poll.name = "poll";
  poll.task = "t";
  poll.every = 15min;
  must(schedules->add(poll));
  const auto late = [&] { return seconds(all().schedules, "poll"); };
  EXPECT_EQ(late(), 0) << "nobody has looked at it yet";
  const auto move = [&](wall_time next) {
    const auto row = must(schedules->find("poll"));
    must(schedules->fire(n1_, term_, {row.id, row.next_at, {}, next}));
  };
  const auto now = std::chrono::floor<std::chrono::milliseconds>(store().now());
  move(now + 1h);
  EXPECT_EQ(late(), 0);
  move(now - 1h);
  EXPECT_GE(late(), 3600);
  EXPECT_LT(late(), 3600 + moment);
  must(schedules->pause("poll", std::nullopt));
  EXPECT_THAT(all().schedules, IsEmpty());
  must(schedules->resume("poll"));
  EXPECT_LT(late(), moment) << "ticks of a pause are nobody's fault";
  move(now + 1h);
  EXPECT_EQ(late(), 0);
}

TEST_F(figures, ACdcActionIsBehindSinceItsLastGoodPassBegan) {
  node_facts facts;
  facts.name = "n1";
  facts.machine = "machine-of-n1";
  facts.cluster_settings = R"({"ttl":"6s"})";
  facts.actions = {"customers"};
  n1_ = must(membership().join(facts)).id;
  must(membership().set_state(n1_, node_state::active));
  term_ = lead(n1_);
  stream_declaration own_stream;
  own_stream.name = controller;
  own_stream.mode = stream_mode::single;
  must(console().create_stream(own_stream));
  const auto taken = own(n1_, "n1", parts_of(controller).at(0));
  lane_ = taken.held;
  start_ = taken.mark;
  const auto behind = [&] { return seconds(all().passes, "customers"); };

  must(store().driver().open_cdc()->begin(controller, "customers"));
  EXPECT_EQ(behind(), std::nullopt) << "no task of it is known";
  auto wanted = task_of("customers");
  wanted.stream = controller;
  must(tasks().insert({wanted, wanted, wanted}));
  grows(behind);

  const auto rows = read_all(lane_);
  auto failed = result_row(rows.at(0), 'f');
  failed.started_at -= 3h;
  auto good = result_row(rows.at(1), 'd');
  good.started_at -= 2h;
  finish({failed, good});
  EXPECT_GE(behind(), 7200);
  EXPECT_LT(behind(), 7200 + moment);
  finish({result_row(rows.at(2), 'f')});
  EXPECT_GE(behind(), 7200) << "the last one failed";
  must(tasks().insert({wanted}));
  finish({result_row(read(lane_, start_, true).rows.at(0), 'd')});
  EXPECT_LT(behind(), moment);

  must(membership().declare_dead_by_proof(n1_));
  EXPECT_EQ(behind(), std::nullopt) << "no node is there for it";
}

TEST_F(figures, WhatIsStoredGrowsWithTheTasks) {
  const auto before = all().stored_bytes;
  auto large = task_of("t");
  std::string text;  // what cannot be pressed together
  for (std::uint32_t n = 1; text.size() < 500'000; n = n * 1'664'525 + 1'013'904'223)
    text += std::to_string(n);
  large.data = "\"" + text + "\"";
  must(tasks().insert({large}));
  EXPECT_GT(all().stored_bytes, before + 100'000);
}

TEST_F(figures, EachKindIsSortedByName) {
  const auto schedules = store().driver().open_schedules();
  for (const char* name : {"b", "a", "c"}) {
    schedule_declaration poll;
    poll.name = name;
    poll.task = "t";
    poll.every = 1h;
    must(schedules->add(poll));
    stream_declaration stream;
    stream.name = name;
    must(console().create_stream(stream));
  }
  EXPECT_THAT(names(all().schedules), ElementsAre("a", "b", "c"));
  EXPECT_THAT(names(all().unowned), ElementsAre("a", "b", "c", "default"));
}

}  // namespace
}  // namespace weir::conformance
