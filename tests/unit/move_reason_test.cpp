// What is said of a partition that gets another node.
#include "domain/move_reason.hpp"

#include <optional>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace weir::domain {
namespace {

node_row node(node_state state, bool drain_wanted = false, int weight = 1) {
  node_row had_it;
  had_it.state = state;
  had_it.drain_wanted = drain_wanted;
  had_it.facts.weight = weight;
  return had_it;
}

TEST(MoveReason, IsWhatIsTrueOfTheNodeThatHadIt) {
  const struct {
    std::string from;
    std::optional<node_row> had_it;
    std::string to;
    const char* reason;
  } cases[] = {{"", std::nullopt, "new", "placed"},
               {"", std::nullopt, "there", "placed"},
               {"old", node(node_state::active), "there", "pinned"},
               {"old", node(node_state::dead), "there", "pinned"},
               {"old", node(node_state::dead), "new", "dead"},
               {"old", node(node_state::dead), "", "dead"},
               {"never seen", std::nullopt, "new", "dead"},
               {"old", node(node_state::stopped), "new", "stopped"},
               {"old", node(node_state::draining), "new", "drained"},
               {"old", node(node_state::active, true), "new", "drained"},
               {"old", node(node_state::active, false, 0), "new", "drained"},
               {"old", node(node_state::active), "new", "balanced"},
               {"old", node(node_state::joining), "new", "balanced"}};
  for (const auto& c : cases) {
    const node_row* had_it = c.had_it ? &*c.had_it : nullptr;
    EXPECT_STREQ(to_string(reason_of(c.from, c.to, "there", had_it)), c.reason) << c.from << " to " << c.to;
  }
  EXPECT_EQ(reason_of("old", "", std::nullopt, nullptr), move_reason::dead);
}

TEST(MoveReason, EachHasAWordOfItsOwn) {
  std::set<std::string> words;
  for (const move_reason each : all_move_reasons()) words.insert(to_string(each));
  EXPECT_EQ(words.size(), all_move_reasons().size());
  EXPECT_EQ(words.count("?"), 0U);
}

}  // namespace
}  // namespace weir::domain
