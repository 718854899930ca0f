// Random clusters living through random events: what must hold of every placement.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "tests/support/placement_world.hpp"

namespace weir::domain {
namespace {

class random_cluster {
 public:
  explicit random_cluster(std::uint64_t seed) : random_(seed) {
    const int nodes = below(10);
    for (int i = 0; i < nodes; ++i) add_node();
    const int streams = below(12);
    for (int i = 0; i < streams; ++i) add_stream();
    for (partition_row& part : world.input.partitions) part.assigned_to = some_name();
  }

  placement_world world;

  // One thing happens to the cluster.
  void event() {
    switch (below(7)) {
      case 0: add_node(); return;
      case 1: change_node([&](node_row& row) { row.state = any_state(); }); return;
      case 2: change_node([&](node_row& row) { row.drain_wanted = !row.drain_wanted; }); return;
      case 3:
        change_node([&](node_row& row) {
          row.declared = true;
          row.state = node_state::active;
        });
        return;
      case 4:
        for (auto& [id, seen] : world.input.settled_for) seen = settled_after;
        return;
      case 5: change_node([&](node_row& row) { row.facts.weight = below(4); }); return;
      default:
        if (!world.input.streams.empty()) pin(world.input.streams[pick(world.input.streams.size())]);
        return;
    }
  }

 private:
  int below(int bound) { return static_cast<int>(random_() % static_cast<std::uint64_t>(bound)); }
  std::size_t pick(std::size_t size) { return random_() % size; }

  node_state any_state() {
    constexpr node_state states[] = {node_state::joining,  node_state::active,  node_state::active,
                                     node_state::draining, node_state::stopped, node_state::dead};
    return states[pick(std::size(states))];
  }
  std::string some_name() {
    if (world.input.nodes.empty() || below(8) == 0) return below(2) == 0 ? "" : "gone";
    return world.input.nodes[pick(world.input.nodes.size())].facts.name;
  }
  std::vector<std::string> some_task_names() {
    std::vector<std::string> names;
    for (const char* name : {"a", "b", "c"}) {
      if (below(3) != 0) names.emplace_back(name);
    }
    return names;
  }
  void add_node() {
    auto& row = world.node("n" + std::to_string(world.input.nodes.size() + 1), 1 + below(3));
    row.facts.actions = some_task_names();
    row.declared = below(5) != 0;
    if (below(4) == 0) row.state = any_state();
    if (below(3) == 0) world.input.settled_for.erase(row.id);
  }
  void pin(stream_row& row) {
    row.pin.reset();
    if (below(3) == 0) row.pin = some_name();
    if (row.pin == std::string{}) row.pin.reset();
    row.policy = below(2) == 0 ? pin_policy::strict : pin_policy::prefer;
  }
  void add_stream() {
    auto& row =
        world.stream("s" + std::to_string(world.input.streams.size() + 1), below(3) == 0 ? 1 : 1 + below(40));
    if (below(2) == 0) row.routes = some_task_names();
    pin(row);
  }
  template <class Change>
  void change_node(Change change) {
    if (!world.input.nodes.empty()) change(world.input.nodes[pick(world.input.nodes.size())]);
  }

  std::mt19937_64 random_;
};

bool present(const node_row& row) {
  return row.state == node_state::active && row.declared && !row.drain_wanted;
}
bool usable(const node_row& row) { return present(row) && row.facts.weight > 0; }

const node_row* find(const placement_input& input, const std::string& name) {
  for (const node_row& row : input.nodes) {
    if (row.facts.name == name) return &row;
  }
  return nullptr;
}

// 2 performs all names of the stream, 1 some, 0 none; everybody is equal where nothing is routed.
int ability(const node_row& row, const stream_row& stream) {
  const auto& able = row.facts.actions;
  const auto count = std::count_if(stream.routes.begin(), stream.routes.end(), [&](const std::string& name) {
    return std::find(able.begin(), able.end(), name) != able.end();
  });
  if (count == 0) return 0;
  return count == static_cast<std::ptrdiff_t>(stream.routes.size()) ? 2 : 1;
}

bool settled(const placement_input& input, const node_row& row) {
  const auto seen = input.settled_for.find(row.id);
  return usable(row) && seen != input.settled_for.end() && seen->second >= settled_after;
}

void expect_every_wish_allowed(const placement_input& input, const std::vector<wish>& wanted) {
  ASSERT_EQ(wanted.size(), input.partitions.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const partition_row& part = input.partitions[i];
    const stream_row& stream = input.streams[static_cast<std::size_t>(part.stream) - 1];
    const std::string& name = wanted[i].node;
    ASSERT_EQ(wanted[i].part, part.id);
    SCOPED_TRACE(stream.name + " slot " + std::to_string(part.slot) + ": " + part.assigned_to + " -> " +
                 name);
    const node_row* node = find(input, name);
    if (stream.pin && stream.policy == pin_policy::strict) {
      ASSERT_EQ(name, *stream.pin);
      continue;
    }
    const node_row* pin = stream.pin ? find(input, *stream.pin) : nullptr;
    if (pin != nullptr && present(*pin)) {
      ASSERT_NE(node, nullptr);
      if (node != pin) {
        ASSERT_EQ(name, part.assigned_to) << "left the pinned node for no reason";
        ASSERT_FALSE(settled(input, *pin));
        ASSERT_TRUE(usable(*node));
      }
      continue;
    }
    int best_settled = 0;
    bool any_usable = false;
    for (const node_row& row : input.nodes) {
      any_usable = any_usable || usable(row);
      if (settled(input, row)) best_settled = std::max(best_settled, ability(row, stream));
    }
    if (!any_usable) {
      ASSERT_TRUE(name.empty() || name == part.assigned_to);
      continue;
    }
    ASSERT_NE(node, nullptr) << "somebody could run it";
    ASSERT_TRUE(usable(*node));
    ASSERT_GE(ability(*node, stream), best_settled);
    if (name != part.assigned_to && !settled(input, *node)) {
      const node_row* before = find(input, part.assigned_to);
      const bool orphan = before == nullptr || !usable(*before) || ability(*before, stream) < best_settled;
      ASSERT_TRUE(orphan) << "a voluntary move to a node that has not settled";
    }
  }
}

// Within one partition of the fair share by weight, where everybody who may hold it has settled.
void expect_fair_shares(const placement_input& input, const std::vector<wish>& wanted) {
  for (const stream_row& stream : input.streams) {
    if (stream.pin) continue;
    int best = 0;
    for (const node_row& row : input.nodes) {
      if (usable(row)) best = std::max(best, ability(row, stream));
    }
    int total_weight = 0;
    bool all_settled = true;
    for (const node_row& row : input.nodes) {
      if (!usable(row) || ability(row, stream) < best) continue;
      total_weight += row.facts.weight;
      all_settled = all_settled && settled(input, row);
    }
    if (total_weight == 0 || !all_settled) continue;
    for (const node_row& row : input.nodes) {
      if (!usable(row) || ability(row, stream) < best) continue;
      int count = 0;
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (input.partitions[i].stream == stream.id && wanted[i].node == row.facts.name) ++count;
      }
      const double share = static_cast<double>(stream.partitions) * row.facts.weight / total_weight;
      ASSERT_LT(std::abs(count - share), 1.0) << stream.name << " on " << row.facts.name;
    }
  }
}

std::uint64_t first_seed() {
  const char* given = std::getenv("WEIR_SEED");
  return given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
}

TEST(RandomPlacement, ObeysItsRulesAndComesToRestAtOnce) {
  for (std::uint64_t seed = first_seed(); seed < first_seed() + 120; ++seed) {
    SCOPED_TRACE("WEIR_SEED=" + std::to_string(seed));
    random_cluster cluster{seed};
    for (int step = 0; step < 25; ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      const auto wanted = placement(cluster.world.input);
      expect_every_wish_allowed(cluster.world.input, wanted);
      expect_fair_shares(cluster.world.input, wanted);
      if (HasFatalFailure()) return;

      cluster.world.apply();
      ASSERT_EQ(cluster.world.apply(), 0U) << "moved again although nothing happened";
      cluster.event();
    }
  }
}

TEST(RandomPlacement, ComesToRestWhileHandOversAreUnderWay) {
  for (std::uint64_t seed = first_seed(); seed < first_seed() + 60; ++seed) {
    SCOPED_TRACE("WEIR_SEED=" + std::to_string(seed));
    random_cluster cluster{seed};
    auto& input = cluster.world.input;
    for (int step = 0; step < 10; ++step, cluster.event()) {
      const auto wanted = placement(input);
      for (std::size_t i = 0; i < wanted.size(); ++i) input.partitions[i].assigned_to = wanted[i].node;

      // Owners lag behind: the wishes must not depend on how far they are.
      ASSERT_TRUE(changes(input, placement(input)).empty());
      for (auto& part : input.partitions) part.owner_name.clear();
      ASSERT_TRUE(changes(input, placement(input)).empty());
      for (auto& part : input.partitions) part.owner_name = part.assigned_to;
    }
  }
}

// Equal nodes, nothing pinned: then the least possible number of moves is known.
TEST(RandomPlacement, MovesNoMoreThanItMust) {
  for (std::uint64_t seed = first_seed(); seed < first_seed() + 60; ++seed) {
    SCOPED_TRACE("WEIR_SEED=" + std::to_string(seed));
    std::mt19937_64 random{seed};
    placement_world world;
    const int nodes = 2 + static_cast<int>(random() % 9U);
    for (int i = 0; i < nodes; ++i) world.node("n" + std::to_string(i));
    const int singles = static_cast<int>(random() % 60U);
    for (int i = 0; i < singles; ++i) world.single("s" + std::to_string(i));
    world.apply();
    const auto before = world.counts();

    world.find("n0").state = node_state::dead;
    const auto lost = static_cast<std::size_t>(before.count("n0") != 0 ? before.at("n0") : 0);
    ASSERT_EQ(world.apply(), lost) << "a dead node's partitions, and nothing else";

    world.find("n0").state = node_state::active;
    ASSERT_EQ(world.apply(), static_cast<std::size_t>(singles / nodes)) << "a full share, and nothing else";
  }
}

TEST(RandomPlacement, KeepsTotalsWithinOneOfEachOther) {
  for (std::uint64_t seed = first_seed(); seed < first_seed() + 40; ++seed) {
    SCOPED_TRACE("WEIR_SEED=" + std::to_string(seed));
    std::mt19937_64 random{seed};
    placement_world world;
    const int nodes = 2 + static_cast<int>(random() % 9U);
    for (int i = 0; i < nodes; ++i) world.node("n" + std::to_string(i));
    for (int i = 0; i < 20; ++i) world.stream("s" + std::to_string(i), 1 + static_cast<int>(random() % 20U));
    for (auto& part : world.input.partitions) part.assigned_to = "n" + std::to_string(random() % 3U);

    world.apply();

    int least = 1 << 30;
    int most = 0;
    for (int i = 0; i < nodes; ++i) {
      const int count = world.counts()["n" + std::to_string(i)];
      least = std::min(least, count);
      most = std::max(most, count);
    }
    ASSERT_LE(most - least, 1);
  }
}

}  // namespace
}  // namespace weir::domain
