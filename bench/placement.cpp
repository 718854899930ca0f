// How long the leader's one decision takes where it is largest: 10,000 streams over 100 nodes, none of which exist.
// Prints a JSON object: milliseconds of the slowest kind of decision (each the median of some), and the moves that a
// lost and a joining node cause with what they must at least.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/support/placement_world.hpp"

namespace {

using weir::domain::placement_world;
using milliseconds = std::chrono::duration<double, std::milli>;

constexpr int nodes = 100, singles = 9'000, parallels = 1'000, partitions = 16, samples = 9;

/// The median over a few goes of the same decision.
double decided_in(const placement_world& world) {
  std::vector<double> took;
  for (int i = 0; i < samples; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    const auto wanted = weir::domain::placement(world.input);
    took.push_back(milliseconds(std::chrono::steady_clock::now() - begun).count());
    if (wanted.size() != world.input.partitions.size()) return -1;
  }
  std::nth_element(took.begin(), took.begin() + samples / 2, took.end());
  return took[samples / 2];
}

}  // namespace

int main() {
  placement_world world;
  for (int i = 1; i <= nodes; ++i) world.node("n" + std::to_string(i));
  for (int i = 1; i <= singles; ++i) world.single("s" + std::to_string(i));
  for (int i = 1; i <= parallels; ++i) world.stream("p" + std::to_string(i), partitions);
  const double first = decided_in(world);
  world.apply();
  const double settled = decided_in(world);
  const std::size_t calm = world.apply();

  const int held = world.counts()["n7"];
  world.find("n7").state = weir::node_state::dead;
  const double lost = decided_in(world);
  const std::size_t moved = world.apply();

  world.node("newcomer");
  const double joined = decided_in(world);
  const std::size_t taken = world.apply();
  const std::size_t share = world.input.partitions.size() / nodes;

  std::printf(
      "{\"placement_ms\": %.3f, \"moves_at_rest\": %zu, \"moves_after_loss\": %zu, \"held_by_lost\": %d, "
      "\"moves_after_join\": %zu, \"share_of_joined\": %zu}\n",
      std::max({first, settled, lost, joined}), calm, moved, held, taken, share);
  return calm == 0 && moved == static_cast<std::size_t>(held) ? 0 : 1;
}
