// Who dials whom, when, and what is ignored: by tables, and by whole clusters made of plans.
#include "cluster/link_plan.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace weir::cluster {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

constexpr boot_time start{};

link_plan plan_of(const std::string& name, const std::string& address = "here:1") {
  return link_plan{{name, 10, address}, [] { return 0.5; }};
}

std::string text(const std::vector<link_peer>& peers) {
  std::string all;
  for (const auto& peer : peers) all += peer.name + std::to_string(peer.id) + "@" + peer.address + " ";
  return all;
}

TEST(LinkPlan, TheSmallerNameDialsUnlessTheLargerCannotBeReached) {
  const struct {
    const char* me;
    const char* my_address;
    const char* peer_address;
    bool dials;
  } cases[] = {{"a", "here:1", "there:1", true},  {"a", "", "there:1", true},
               {"a", "here:1", "", false},        {"a", "", "", false},
               {"c", "here:1", "there:1", false}, {"c", "here:1", "", false},
               {"c", "", "there:1", true},        {"c", "", "", false}};
  for (const auto& c : cases) {
    auto plan = plan_of(c.me, c.my_address);
    plan.on_peers({{"b", 20, c.peer_address}, {c.me, 10, c.my_address}}, start);
    EXPECT_EQ(text(plan.next(start).dial), c.dials ? "b20@there:1 " : "") << c.me << " " << c.my_address;
    EXPECT_EQ(plan.object_to("b", 20).has_value(), c.dials) << "who dials does not accept, and the reverse";
  }
}

TEST(LinkPlan, ALoopbackAddressIsNotDialedFromAnotherMachine) {
  const struct {
    const char* me;
    const char* my_address;
    const char* peer_address;
    const char* peer_machine;
    bool dials;
  } cases[] = {{"a", "127.0.0.1:1", "127.0.0.1:2", "m1:8:16", true},
               {"a", "127.0.0.1:1", "127.0.0.1:2", "m2:8:15", false},
               {"a", "127.0.0.1:1", "10.0.0.2:2", "m2:8:15", true},
               {"c", "127.0.0.1:1", "10.0.0.2:2", "m2:8:15", true},
               {"c", "10.0.0.1:1", "127.0.0.1:2", "m2:8:15", false},
               {"a", "10.0.0.1:1", "localhost:2", "m2:8:15", false},
               {"c", "10.0.0.1:1", "10.0.0.2:2", "m2:8:15", false},
               {"a", "10.0.0.1:1", "[::1]:2", "m2:8:15", false}};
  for (const auto& c : cases) {
    link_plan plan{{c.me, 10, c.my_address, "m1:8:15"}, [] { return 0.5; }};
    plan.on_peers({{"b", 20, c.peer_address, c.peer_machine}}, start);
    EXPECT_EQ(!plan.next(start).dial.empty(), c.dials)
        << c.me << " " << c.my_address << " " << c.peer_address;
  }
}

TEST(LinkPlan, DialsOnceAndThenWaitsForTheAnswer) {
  auto plan = plan_of("a");
  plan.on_peers({{"b", 20, "there:1"}}, start);
  EXPECT_EQ(text(plan.next(start).dial), "b20@there:1 ");
  plan.on_peers({{"b", 20, "there:1"}}, start + 1s);
  const auto again = plan.next(start + 1h);
  EXPECT_EQ(text(again.dial), "");
  EXPECT_FALSE(again.next.has_value()) << "an answer comes, no clock needed";
  plan.on_up("b", 20, 1, start + 1h);
  EXPECT_EQ(plan.linked("b"), 1U);
  EXPECT_EQ(text(plan.next(start + 2h).dial), "");
}

TEST(LinkPlan, WaitsLongerEachTimeWithinItsBounds) {
  for (const double random : {0.0, 0.5, 0.999999}) {
    link_plan plan{{"a", 10, "here:1"}, [random] { return random; }};
    plan.on_peers({{"b", 20, "there:1"}}, start);
    boot_time now = start;
    milliseconds before{0};
    for (int round = 0; round < 100; ++round) {
      ASSERT_EQ(plan.next(now).dial.size(), 1U) << round;
      plan.on_failed("b", 20, now);
      const auto todo = plan.next(now);
      ASSERT_TRUE(todo.dial.empty() && todo.next.has_value());
      const auto waits = std::chrono::duration_cast<milliseconds>(*todo.next - now);
      EXPECT_GE(waits, 200ms);
      EXPECT_LE(waits, 5000ms);
      EXPECT_GE(waits, before);
      EXPECT_TRUE(plan.next(*todo.next - 1ms).dial.empty());
      before = waits;
      now = *todo.next;
    }
    EXPECT_GE(before, 2500ms);
  }
}

TEST(LinkPlan, ForgetsItsFailuresOnlyForALinkThatLasted) {
  for (const auto& [lasted, quick] : {std::pair{5000ms, true}, std::pair{4999ms, false}}) {
    auto plan = plan_of("a");
    plan.on_peers({{"b", 20, "there:1"}}, start);
    boot_time now = start;
    for (int round = 0; round < 10; ++round) {
      plan.next(now);
      plan.on_failed("b", 20, now);
      now = *plan.next(now).next;
    }
    plan.next(now);
    plan.on_up("b", 20, 1, now);
    plan.on_closed(1, now + lasted);
    EXPECT_EQ(plan.linked("b"), std::nullopt);
    EXPECT_EQ(*plan.next(now + lasted).next - (now + lasted) < 500ms, quick);
  }
}

TEST(LinkPlan, ANewIncarnationStartsAnew) {
  auto plan = plan_of("a");
  plan.on_peers({{"b", 20, "there:1"}}, start);
  plan.next(start);
  plan.on_up("b", 20, 1, start);
  plan.on_peers({{"b", 21, "there:2"}}, start + 1s);
  auto todo = plan.next(start + 1s);
  EXPECT_EQ(todo.drop, std::vector<link_plan::link_number>{1});
  EXPECT_EQ(text(todo.dial), "b21@there:2 ");
  // Whatever is still said of the older one changes nothing.
  plan.on_closed(1, start + 1s);
  plan.on_failed("b", 20, start + 1s);
  EXPECT_EQ(text(plan.next(start + 10s).dial), "") << "21 is still being dialed";
  plan.on_up("b", 20, 2, start + 2s);
  EXPECT_EQ(plan.next(start + 2s).drop, std::vector<link_plan::link_number>{2});
  plan.on_peers({{"b", 20, "there:1"}}, start + 2s);
  plan.on_up("b", 21, 3, start + 3s);
  EXPECT_EQ(plan.linked("b"), 3U);
  EXPECT_TRUE(plan.next(start + 3s).drop.empty());
}

TEST(LinkPlan, ANewIncarnationIsDialedAtOnceWhileTheOlderIsStillBeingDialed) {
  auto plan = plan_of("a");
  plan.on_peers({{"b", 20, "there:1"}}, start);
  plan.next(start);
  plan.on_peers({{"b", 21, "there:1"}}, start + 100ms);
  EXPECT_EQ(text(plan.next(start + 100ms).dial), "b21@there:1 ");
}

TEST(LinkPlan, DropsWhoIsGoneFromTheTable) {
  auto plan = plan_of("a");
  plan.on_peers({{"b", 20, "there:1"}, {"c", 30, "there:3"}}, start);
  plan.next(start);
  plan.on_up("b", 20, 1, start);
  plan.on_peers({{"c", 30, "there:3"}}, start);
  auto todo = plan.next(start);
  EXPECT_EQ(todo.drop, std::vector<link_plan::link_number>{1});
  EXPECT_TRUE(todo.dial.empty());
  plan.on_peers({}, start);
  plan.on_up("c", 30, 2, start);  // came up after all
  EXPECT_EQ(plan.next(start).drop, std::vector<link_plan::link_number>{2});
  EXPECT_EQ(plan.linked("c"), std::nullopt);
}

TEST(LinkPlan, TakesTheNewestLinkOfAnIncarnation) {
  auto plan = plan_of("c");
  plan.on_peers({{"b", 20, "there:1"}}, start);
  plan.on_up("b", 20, 1, start);
  plan.on_up("b", 20, 2, start + 1s);
  EXPECT_EQ(plan.linked("b"), 2U);
  EXPECT_EQ(plan.next(start + 1s).drop, std::vector<link_plan::link_number>{1});
  plan.on_closed(1, start + 1s);
  EXPECT_EQ(plan.linked("b"), 2U) << "the end of the older one is no news";
}

TEST(LinkPlan, SaysWhyALinkIsNotWanted) {
  auto plan = plan_of("c");
  plan.on_peers({{"b", 20, "there:1"}, {"d", 40, "there:4"}}, start);
  EXPECT_EQ(plan.object_to("b", 20), std::nullopt);
  EXPECT_EQ(plan.object_to("b", 19).value_or(""), "incarnation 19 is over: this node sees 20");
  EXPECT_EQ(plan.object_to("b", 21).value_or(""), "this node does not see incarnation 21 in its table yet");
  EXPECT_EQ(plan.object_to("x", 1).value_or(""), "this node does not see you in its table yet");
  EXPECT_EQ(plan.object_to("c", 10).value_or(""), "this node has that name itself");
  EXPECT_EQ(plan.object_to("d", 40).value_or(""), "of the two of us this node dials");
}

// Plans joined by a world that loses links, restarts nodes and shows each a view of its own age.
class world {
 public:
  world(int nodes, std::uint32_t seed) : dice_(seed) {
    for (int at = 0; at < nodes; ++at) boot(std::string{"n"} + std::to_string(at));
  }

  void step(bool calm) {
    now_ += 50ms;
    if (!calm) disturb();
    for (auto& [name, node] : nodes_) {
      if (calm || chance(0.1)) node.plan->on_peers(table(), now_);
    }
    for (auto& [name, node] : nodes_) {
      const auto todo = node.plan->next(now_);
      for (const auto number : todo.drop) cut(number);
      for (const auto& peer : todo.dial) dial(name, peer, calm);
    }
  }

  // One link each, which both ends agree on.
  void check() {
    for (auto& [name, node] : nodes_) {
      for (auto& [other, peer] : nodes_) {
        if (name == other) continue;
        const auto mine = node.plan->linked(other);
        const auto theirs = peer.plan->linked(name);
        ASSERT_TRUE(mine.has_value() && theirs.has_value()) << name << " " << other;
        ASSERT_EQ(*mine, *theirs);
      }
    }
    ASSERT_EQ(links_.size(), nodes_.size() * (nodes_.size() - 1) / 2) << "links that nobody counts";
  }

 private:
  struct member {
    node_id id = 0;
    std::unique_ptr<link_plan> plan;
  };

  bool chance(double odds) { return static_cast<double>(dice_() % 1000) < odds * 1000; }
  template <class Map>
  typename Map::const_iterator any_of(const Map& from) {
    return std::next(from.begin(), static_cast<long>(dice_() % from.size()));
  }
  std::vector<link_peer> table() const {
    std::vector<link_peer> all;
    for (const auto& [name, one] : nodes_) all.push_back({name, one.id, name + ":1"});
    return all;
  }
  void boot(const std::string& name) {
    member& one = nodes_[name];
    one.id = ++ids_;
    one.plan = std::make_unique<link_plan>(link_peer{name, one.id, name + ":1"},
                                           [this] { return static_cast<double>(dice_() % 1000) / 1000.0; });
  }
  void tell_closed(const std::string& name, node_id id, link_plan::link_number number) {
    const auto found = nodes_.find(name);
    if (found != nodes_.end() && found->second.id == id) found->second.plan->on_closed(number, now_);
  }
  void cut(link_plan::link_number number) {
    const auto held = links_.extract(number);
    if (held.empty()) return;
    const auto& [one, one_id, other, other_id] = held.mapped();
    tell_closed(one, one_id, number);
    tell_closed(other, other_id, number);
  }
  void disturb() {
    if (!links_.empty() && chance(0.05)) cut(any_of(links_)->first);
    if (!chance(0.02)) return;
    const std::string name = any_of(nodes_)->first;
    const node_id before = nodes_[name].id;
    std::vector<link_plan::link_number> its;
    for (const auto& [number, ends] : links_) {
      if ((std::get<0>(ends) == name && std::get<1>(ends) == before) ||
          (std::get<2>(ends) == name && std::get<3>(ends) == before)) {
        its.push_back(number);
      }
    }
    boot(name);
    for (const auto number : its) cut(number);
  }
  void dial(const std::string& from, const link_peer& to, bool calm) {
    member& dialer = nodes_[from];
    const auto found = nodes_.find(to.name);
    const bool reached = found != nodes_.end() && found->second.id == to.id && (calm || !chance(0.2)) &&
                         !found->second.plan->object_to(from, dialer.id);
    if (!reached) return dialer.plan->on_failed(to.name, to.id, now_);
    const auto number = ++numbers_;
    links_[number] = {from, dialer.id, to.name, to.id};
    dialer.plan->on_up(to.name, to.id, number, now_);
    found->second.plan->on_up(from, dialer.id, number, now_);
  }

  std::mt19937 dice_;
  boot_time now_ = start;
  std::map<std::string, member> nodes_;
  std::map<link_plan::link_number, std::tuple<std::string, node_id, std::string, node_id>> links_;
  node_id ids_ = 0;
  link_plan::link_number numbers_ = 0;
};

TEST(LinkPlan, AClusterFindsItselfAgainAfterEveryDisturbance) {
  const auto seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  for (std::uint32_t round = 0; round < 100; ++round) {
    world cluster{6, seed + round};
    for (int steps = 0; steps < 300; ++steps) cluster.step(false);
    for (int steps = 0; steps < 250; ++steps) cluster.step(true);  // 12.5 s: two of the longest waits
    cluster.check();
    if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed + round;
  }
}

}  // namespace
}  // namespace weir::cluster
