// The rules of placement one by one; random clusters are in placement_property_test.cpp.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/placement_world.hpp"

namespace weir::domain {
namespace {

using testing::Each;
using testing::ElementsAre;

using counts = std::map<std::string, int>;

placement_world three_nodes() {
  placement_world world;
  for (const char* name : {"n1", "n2", "n3"}) world.node(name);
  return world;
}

// -- balance -----------------------------------------------------------------

TEST(Placement, SpreadsAParallelStreamOverAllNodes) {
  auto world = three_nodes();
  world.stream("mail", 16);

  world.apply();

  EXPECT_EQ(world.counts("mail"), (counts{{"n1", 6}, {"n2", 5}, {"n3", 5}}));
}

TEST(Placement, SpreadsByWeight) {
  placement_world world;
  world.node("big", 3);
  world.node("none", 0);
  world.node("small", 1);
  world.stream("mail", 16);

  world.apply();

  EXPECT_EQ(world.counts("mail"), (counts{{"big", 12}, {"small", 4}}));
}

TEST(Placement, SpreadsSingleStreamsAndRemaindersByTotal) {
  auto world = three_nodes();
  world.stream("mail", 16);
  world.stream("report", 16);
  for (int i = 0; i < 7; ++i) world.single("s" + std::to_string(i));

  world.apply();

  EXPECT_EQ(world.counts(), (counts{{"n1", 13}, {"n2", 13}, {"n3", 13}}));
}

TEST(Placement, GivesAJoiningNodeItsShareWithAsFewMovesAsPossible) {
  auto world = three_nodes();
  world.stream("mail", 16);
  for (int i = 0; i < 100; ++i) world.single("s" + std::to_string(i));
  world.apply();

  world.node("n4");
  const std::size_t moves = world.apply();

  EXPECT_EQ(world.counts(), (counts{{"n1", 29}, {"n2", 29}, {"n3", 29}, {"n4", 29}}));
  EXPECT_EQ(world.counts("mail")["n4"], 4);
  EXPECT_EQ(moves, 29U);
}

TEST(Placement, MovesOnlyWhatALostNodeHeld) {
  auto world = three_nodes();
  world.stream("mail", 16);
  for (int i = 0; i < 20; ++i) world.single("s" + std::to_string(i));
  world.apply();
  const auto held = static_cast<std::size_t>(world.counts()["n2"]);

  world.find("n2").state = node_state::dead;
  const std::size_t moves = world.apply();

  EXPECT_EQ(moves, held);
  EXPECT_EQ(world.counts(), (counts{{"n1", 18}, {"n3", 18}}));
}

TEST(Placement, LeavesAnImbalanceOfOneAlone) {
  placement_world world;
  world.node("n1");
  world.node("n2");
  for (int i = 0; i < 3; ++i) world.single("s" + std::to_string(i));
  for (auto& part : world.input.partitions) part.assigned_to = "n2";
  world.input.partitions[0].assigned_to = "n1";

  EXPECT_EQ(world.apply(), 0U);
}

TEST(Placement, MovesAParallelPartitionRatherThanASingleStream) {
  placement_world world;
  world.node("n1");
  world.single("netsuite");
  world.stream("mail", 3);
  world.apply();

  world.node("n2");
  world.apply();

  EXPECT_THAT(world.wishes("netsuite"), ElementsAre("n1"));
  EXPECT_EQ(world.counts(), (counts{{"n1", 2}, {"n2", 2}}));
}

TEST(Placement, LeavesAnOrphanWithTheNodeThatStillOwnsIt) {
  auto world = three_nodes();
  for (int i = 0; i < 3; ++i) world.single("s" + std::to_string(i));
  for (auto& part : world.input.partitions) part.assigned_to = "gone";
  world.input.partitions[0].owner_name = "n3";

  world.apply();

  EXPECT_THAT(world.wishes("s0"), ElementsAre("n3"));
  EXPECT_EQ(world.counts(), (counts{{"n1", 1}, {"n2", 1}, {"n3", 1}}));
}

TEST(Placement, DoesNotDependOnTheOrderOfItsInput) {
  auto world = three_nodes();
  world.stream("mail", 16);
  for (int i = 0; i < 10; ++i) world.single("s" + std::to_string(i));
  auto turned = world;
  std::reverse(turned.input.nodes.begin(), turned.input.nodes.end());
  std::reverse(turned.input.streams.begin(), turned.input.streams.end());
  std::reverse(turned.input.partitions.begin(), turned.input.partitions.end());

  const auto wanted = placement(world.input);
  const auto wanted_turned = placement(turned.input);

  ASSERT_EQ(wanted.size(), wanted_turned.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(wanted[i].part, wanted_turned[i].part);
    EXPECT_EQ(wanted[i].node, wanted_turned[i].node) << i;
  }
}

// -- who is usable -----------------------------------------------------------

TEST(Placement, GivesNothingToNodesThatAreNotUsable) {
  placement_world world;
  world.node("active");
  world.node("joining").state = node_state::joining;
  world.node("draining").state = node_state::draining;
  world.node("stopped").state = node_state::stopped;
  world.node("dead").state = node_state::dead;
  world.node("leaving").drain_wanted = true;
  world.node("undeclared").declared = false;
  world.node("weightless", 0);
  world.stream("mail", 16);

  world.apply();

  EXPECT_THAT(world.wishes("mail"), Each(std::string{"active"}));
}

TEST(Placement, TakesEverythingFromADrainingNode) {
  auto world = three_nodes();
  world.stream("mail", 15);
  world.apply();

  world.find("n3").drain_wanted = true;
  EXPECT_EQ(world.apply(), 5U);
  EXPECT_EQ(world.counts(), (counts{{"n1", 8}, {"n2", 7}}));
}

TEST(Placement, WithoutAnyUsableNodeKeepsWishesOfThoseThatAreComing) {
  const struct {
    const char* what;
    node_state state;
    bool declared;
    bool drain_wanted;
    int weight;
    const char* wish;
  } cases[] = {{"joining", node_state::joining, false, false, 1, "n1"},
               {"not declared", node_state::active, false, false, 1, "n1"},
               {"asked to drain while joining", node_state::joining, false, true, 1, ""},
               {"draining", node_state::draining, true, false, 1, ""},
               {"asked to drain", node_state::active, true, true, 1, ""},
               {"dead", node_state::dead, true, false, 1, ""},
               {"stopped", node_state::stopped, true, false, 1, ""},
               {"weightless", node_state::active, true, false, 0, ""}};
  for (const auto& c : cases) {
    placement_world world;
    world.node("n1");
    world.single("s");
    world.apply();

    auto& node = world.find("n1");
    node.state = c.state;
    node.declared = c.declared;
    node.drain_wanted = c.drain_wanted;
    node.facts.weight = c.weight;
    world.apply();

    EXPECT_THAT(world.wishes("s"), ElementsAre(c.wish)) << c.what;
  }
}

TEST(Placement, WishesForNobodyInAnEmptyCluster) {
  placement_world world;
  world.stream("mail", 4);

  EXPECT_EQ(world.apply(), 0U);
  EXPECT_THAT(world.wishes("mail"), Each(std::string{}));
}

TEST(Placement, CountsTheNewestIncarnationOfAName) {
  placement_world world;
  world.node("n1").state = node_state::dead;
  world.node("n1");
  world.single("s");

  world.apply();

  EXPECT_THAT(world.wishes("s"), ElementsAre("n1"));
}

TEST(Placement, LeavesPartitionsOfAnUnknownStreamAlone) {
  auto world = three_nodes();
  world.single("s");
  world.input.partitions[0].stream = 99;
  world.input.partitions[0].assigned_to = "elsewhere";

  EXPECT_EQ(world.apply(), 0U);
}

// -- settling ----------------------------------------------------------------

TEST(Placement, GivesANewNodeNothingUntilItHasSettled) {
  placement_world world;
  world.node("n1");
  world.stream("mail", 16);
  world.apply();

  world.node("n2");
  world.unsettle("n2");
  EXPECT_EQ(world.apply(), 0U);

  world.settle("n2");
  EXPECT_EQ(world.apply(), 8U);
}

TEST(Placement, GivesANewNodeWhatNobodyElseHas) {
  auto world = three_nodes();
  world.stream("mail", 15);
  world.apply();
  world.node("n4");
  world.unsettle("n4");

  world.find("n1").state = node_state::dead;
  world.apply();

  EXPECT_EQ(world.counts(), (counts{{"n2", 5}, {"n3", 5}, {"n4", 5}}));
}

TEST(Placement, BalancesAmongSettledNodesWhileAnotherIsNew) {
  placement_world world;
  world.node("n1");
  world.stream("mail", 15);
  world.apply();
  world.node("n2");
  world.node("n3");
  world.unsettle("n3");

  world.apply();

  EXPECT_EQ(world.counts(), (counts{{"n1", 10}, {"n2", 5}}));
}

TEST(Placement, TakesANodeThatWasNeverSeenForNew) {
  placement_world world;
  world.node("n1");
  world.stream("mail", 16);
  world.apply();
  world.node("n2");
  world.input.settled_for.erase(2);

  EXPECT_EQ(world.apply(), 0U);
}

// -- pins --------------------------------------------------------------------

TEST(StrictPin, IsObeyedWhateverItsNodeDoes) {
  auto world = three_nodes();
  world.single("netsuite");
  world.apply();
  world.input.streams[0].pin = "n2";

  world.apply();
  EXPECT_THAT(world.wishes("netsuite"), ElementsAre("n2"));

  for (const auto state :
       {node_state::joining, node_state::draining, node_state::stopped, node_state::dead}) {
    world.find("n2").state = state;
    EXPECT_EQ(world.apply(), 0U) << to_string(state);
  }
  world.input.streams[0].pin = "never seen";
  world.apply();
  EXPECT_THAT(world.wishes("netsuite"), ElementsAre("never seen"));
}

TEST(StrictPin, OfAParallelStreamHoldsAllItsPartitions) {
  auto world = three_nodes();
  world.stream("mail", 16).pin = "n3";

  world.apply();

  EXPECT_THAT(world.wishes("mail"), Each(std::string{"n3"}));
}

TEST(StrictPin, CountsAsLoadOfItsNode) {
  auto world = three_nodes();
  world.stream("mail", 4).pin = "n1";
  for (int i = 0; i < 4; ++i) world.single("s" + std::to_string(i));

  world.apply();

  EXPECT_EQ(world.counts(), (counts{{"n1", 4}, {"n2", 2}, {"n3", 2}}));
}

TEST(StrictPin, GoesToANewNodeAtOnce) {
  auto world = three_nodes();
  world.single("netsuite");
  world.apply();
  world.unsettle("n2");
  world.input.streams[0].pin = "n2";

  world.apply();

  EXPECT_THAT(world.wishes("netsuite"), ElementsAre("n2"));
}

TEST(PreferredPin, GoesElsewhereWhileItsNodeIsAwayAndBackWhenItHasSettled) {
  auto world = three_nodes();
  auto& stream = world.single("netsuite");
  stream.pin = "n3";
  stream.policy = pin_policy::prefer;
  world.apply();
  ASSERT_THAT(world.wishes("netsuite"), ElementsAre("n3"));

  world.find("n3").state = node_state::dead;
  world.apply();
  EXPECT_THAT(world.wishes("netsuite"), ElementsAre("n1"));

  world.find("n3").state = node_state::active;
  world.unsettle("n3");
  EXPECT_EQ(world.apply(), 0U);

  world.settle("n3");
  world.apply();
  EXPECT_THAT(world.wishes("netsuite"), ElementsAre("n3"));
}

TEST(PreferredPin, TakesAnOrphanToItsNewNodeAtOnce) {
  auto world = three_nodes();
  auto& stream = world.single("netsuite");
  stream.pin = "n3";
  stream.policy = pin_policy::prefer;
  world.unsettle("n3");

  world.apply();

  EXPECT_THAT(world.wishes("netsuite"), ElementsAre("n3"));
}

TEST(PreferredPin, MayNameANodeWithoutWeight) {
  auto world = three_nodes();
  world.node("special", 0);
  auto& stream = world.single("netsuite");
  stream.pin = "special";
  stream.policy = pin_policy::prefer;

  world.apply();
  EXPECT_THAT(world.wishes("netsuite"), ElementsAre("special"));

  world.input.streams[0].pin.reset();
  world.apply();
  EXPECT_THAT(world.wishes("netsuite"), ElementsAre("n1"));
}

TEST(Unpinning, LeavesTheStreamWhereItIs) {
  auto world = three_nodes();
  world.single("netsuite").pin = "n2";
  world.apply();
  world.input.streams[0].pin.reset();

  EXPECT_EQ(world.apply(), 0U);
}

// -- capabilities ------------------------------------------------------------

TEST(Capability, PrefersNodesWithAllRoutedNamesThenWithAnyThenEveryone) {
  auto world = three_nodes();
  world.stream("mail", 6).routes = {"mail", "bounce"};
  world.find("n1").facts.actions = {"mail"};
  world.find("n2").facts.actions = {"bounce", "mail", "other"};

  world.apply();
  EXPECT_EQ(world.counts(), (counts{{"n2", 6}}));

  world.find("n2").state = node_state::dead;
  world.apply();
  EXPECT_EQ(world.counts(), (counts{{"n1", 6}}));

  world.find("n1").facts.actions.clear();
  world.apply();
  EXPECT_EQ(world.counts(), (counts{{"n1", 3}, {"n3", 3}}));
}

TEST(Capability, OfANewNodeDoesNotUnseatASettledOne) {
  placement_world world;
  world.node("n1").facts.actions = {"mail"};
  world.single("s").routes = {"mail", "bounce"};
  world.apply();
  world.node("n2").facts.actions = {"mail", "bounce"};
  world.unsettle("n2");

  EXPECT_EQ(world.apply(), 0U);

  world.settle("n2");
  world.apply();
  EXPECT_THAT(world.wishes("s"), ElementsAre("n2"));
}

TEST(Capability, OfANewNodeCountsForOrphans) {
  placement_world world;
  world.node("n1").facts.actions = {"mail"};
  world.node("n2").facts.actions = {"mail", "bounce"};
  world.unsettle("n2");
  world.single("s").routes = {"mail", "bounce"};

  world.apply();

  EXPECT_THAT(world.wishes("s"), ElementsAre("n2"));
}

TEST(Capability, DoesNotBindAStrictPin) {
  auto world = three_nodes();
  auto& stream = world.single("s");
  stream.routes = {"mail"};
  stream.pin = "n3";
  world.find("n1").facts.actions = {"mail"};

  world.apply();

  EXPECT_THAT(world.wishes("s"), ElementsAre("n3"));
}

// -- changes -----------------------------------------------------------------

TEST(Changes, AreTheWishesThatDifferInOrder) {
  auto world = three_nodes();
  world.stream("mail", 3);
  world.input.partitions[1].assigned_to = "n2";

  const std::vector<wish> wanted{{1, "n1"}, {2, "n2"}, {3, "n3"}, {99, "n1"}};
  const auto differing = changes(world.input, wanted);

  ASSERT_EQ(differing.size(), 2U);
  EXPECT_EQ(differing[0].part, 1);
  EXPECT_EQ(differing[0].node, "n1");
  EXPECT_EQ(differing[1].part, 3);
}

}  // namespace
}  // namespace weir::domain
