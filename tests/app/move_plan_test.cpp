// Moves that the leader keeps, exchanges where the balance needs one, and what is refused.
#include "app/cli/move_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/placement.hpp"

namespace weir::app {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Three nodes, a parallel stream of four partitions and three single ones, placed as the leader would.
class moving : public testing::Test {
 protected:
  void SetUp() override {
    for (const auto* name : {"n1", "n2", "n3"}) add_node(name);
    add_stream("mail", stream_mode::parallel, 4);
    for (const auto* name : {"partner", "ledger", "ftp"}) add_stream(name, stream_mode::single, 1);
    settle();
  }
  node_row& add_node(const std::string& name) {
    node_row node;
    node.id = static_cast<node_id>(rows_.nodes.size()) + 1;
    node.facts.name = name;
    node.facts.actions = {"a"};
    node.state = node_state::active;
    node.declared = true;
    rows_.nodes.push_back(node);
    return rows_.nodes.back();
  }
  void add_stream(const std::string& name, stream_mode mode, int partitions) {
    stream_row row;
    row.id = static_cast<stream_id>(rows_.streams.size()) + 1;
    row.name = name;
    row.mode = mode;
    row.partitions = partitions;
    rows_.streams.push_back(row);
    for (int slot = 0; slot < partitions; ++slot) {
      partition_row part;
      part.id = static_cast<part_id>(rows_.partitions.size()) + 1;
      part.stream = row.id;
      part.slot = slot;
      rows_.partitions.push_back(part);
    }
  }
  stream_row& stream(const std::string& name) {
    for (auto& one : rows_.streams)
      if (one.name == name) return one;
    throw std::runtime_error("no stream " + name);
  }
  partition_row& part(const std::string& name, int slot = 0) {
    for (auto& one : rows_.partitions)
      if (one.stream == stream(name).id && one.slot == slot) return one;
    throw std::runtime_error("no partition");
  }
  std::vector<wish> placed() const {
    domain::placement_input input;
    input.nodes = rows_.nodes;
    input.streams = rows_.streams;
    input.partitions = rows_.partitions;
    for (const auto& node : rows_.nodes) input.settled_for[node.id] = std::chrono::hours{1};
    return domain::placement(input);
  }
  /// The leader's wishes, and every partition owned accordingly.
  void settle() {
    for (const auto& one : placed()) {
      auto& row = rows_.partitions.at(static_cast<std::size_t>(one.part) - 1);
      row.assigned_to = row.owner_name = one.node;
    }
  }
  std::string another_than(const std::string& node) { return node == "n2" ? "n3" : "n2"; }
  std::string refusal(const result<move_plan>& plan, errc code) {
    EXPECT_FALSE(plan.ok());
    if (plan.ok()) return {};
    EXPECT_EQ(plan.error().code, code) << plan.error().message;
    return plan.error().message;
  }

  catalog rows_;
};

TEST_F(moving, ASingleStreamStaysWhereItWasMoved) {
  for (const auto* name : {"partner", "ledger", "ftp"}) {
    for (const auto* to : {"n1", "n2", "n3"}) {
      const auto plan = plan_move(rows_, name, to, std::nullopt);
      ASSERT_TRUE(plan.ok()) << plan.error().message;
      for (const auto& one : plan->wishes)
        rows_.partitions.at(static_cast<std::size_t>(one.part) - 1).assigned_to = one.node;
      for (int step = 0; step < 3; ++step) {  // while it is on its way, and when it has arrived
        for (const auto& one : placed())
          rows_.partitions.at(static_cast<std::size_t>(one.part) - 1).assigned_to = one.node;
        EXPECT_EQ(part(name).assigned_to, to) << name << " step " << step;
      }
      settle();
      EXPECT_EQ(part(name).assigned_to, to) << name;
    }
  }
}

TEST_F(moving, WhereTheBalanceNeedsItSomethingGoesTheOtherWay) {
  // 7 partitions on 3 nodes: somebody has 3, the others 2; moving to who has 3 needs an exchange
  std::map<std::string, int> load;
  for (const auto& one : rows_.partitions) ++load[one.assigned_to];
  const auto full = std::find_if(load.begin(), load.end(), [](const auto& one) { return one.second == 3; });
  ASSERT_NE(full, load.end());
  for (const auto* name : {"partner", "ledger", "ftp"}) {
    if (part(name).assigned_to == full->first) continue;
    const auto plan = plan_move(rows_, name, full->first, std::nullopt);
    ASSERT_TRUE(plan.ok()) << plan.error().message;
    EXPECT_THAT(plan->wishes, SizeIs(2)) << name;
    EXPECT_THAT(plan->exchanged, HasSubstr("mail/")) << "parallel partitions move more easily";
    EXPECT_EQ(plan->wishes.at(1).node, plan->from);
  }
}

TEST_F(moving, WhatIsThereAlreadyNeedsNoWish) {
  const auto plan = plan_move(rows_, "partner", part("partner").assigned_to, 0);
  ASSERT_TRUE(plan.ok());
  EXPECT_THAT(plan->wishes, IsEmpty());
}

TEST_F(moving, APartitionOfAParallelStreamIsNamedBySlot) {
  EXPECT_THAT(refusal(plan_move(rows_, "mail", "n1", std::nullopt), errc::invalid), HasSubstr("--slot"));
  EXPECT_THAT(refusal(plan_move(rows_, "mail", "n1", 4), errc::invalid), HasSubstr("slots 0 to 3"));
  EXPECT_THAT(refusal(plan_move(rows_, "partner", "n1", 1), errc::invalid), HasSubstr("slot 0 only"));
  for (int slot = 0; slot < 4; ++slot) {
    const auto plan = plan_move(rows_, "mail", another_than(part("mail", slot).assigned_to), slot);
    EXPECT_TRUE(plan.ok()) << slot;
  }
}

TEST_F(moving, NamesThatAreNotThereAreToldWithTheNearest) {
  EXPECT_THAT(refusal(plan_move(rows_, "partnr", "n1", std::nullopt), errc::not_found),
              HasSubstr("did you mean 'partner'"));
  refusal(plan_move(rows_, "partner", "n9", std::nullopt), errc::not_found);
}

TEST_F(moving, ANodeThatTakesNothingIsRefused) {
  auto& node = rows_.nodes.at(2);
  node.drain_wanted = true;
  EXPECT_THAT(refusal(plan_move(rows_, "partner", "n3", std::nullopt), errc::refused), HasSubstr("undrain"));
  node.drain_wanted = false;
  node.state = node_state::dead;
  EXPECT_THAT(refusal(plan_move(rows_, "partner", "n3", std::nullopt), errc::refused), HasSubstr("is dead"));
  node.state = node_state::active;
  node.facts.weight = 0;
  EXPECT_THAT(refusal(plan_move(rows_, "partner", "n3", std::nullopt), errc::refused), HasSubstr("weight 0"));
}

TEST_F(moving, APinIsObeyed) {
  stream("partner").pin = "n1";
  EXPECT_THAT(refusal(plan_move(rows_, "partner", "n2", std::nullopt), errc::refused),
              HasSubstr("pinned to node n1"));
  rows_.nodes.at(0).state = node_state::dead;
  refusal(plan_move(rows_, "partner", "n2", std::nullopt), errc::refused);
  stream("partner").policy = pin_policy::prefer;
  part("partner").assigned_to = "n3";
  EXPECT_TRUE(plan_move(rows_, "partner", "n2", std::nullopt).ok()) << "the preferred node is away";
}

TEST_F(moving, ANodeWithoutTheActionsIsNoPlaceForIt) {
  stream("partner").routes = {"special"};
  rows_.nodes.at(0).facts.actions = {"special"};
  settle();
  EXPECT_THAT(refusal(plan_move(rows_, "partner", "n2", std::nullopt), errc::refused),
              HasSubstr("move it back at once"));
}

}  // namespace
}  // namespace weir::app
