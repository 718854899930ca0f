#include "domain/move_reason.hpp"

namespace weir::domain {

const char* to_string(move_reason reason) noexcept {
  switch (reason) {
    case move_reason::placed: return "placed";
    case move_reason::pinned: return "pinned";
    case move_reason::dead: return "dead";
    case move_reason::stopped: return "stopped";
    case move_reason::drained: return "drained";
    case move_reason::ordered: return "ordered";
    case move_reason::balanced: return "balanced";
  }
  return "?";
}

const std::vector<move_reason>& all_move_reasons() {
  static const std::vector<move_reason> all{move_reason::placed,  move_reason::pinned,  move_reason::dead,
                                            move_reason::stopped, move_reason::drained, move_reason::ordered,
                                            move_reason::balanced};
  return all;
}

move_reason reason_of(const std::string& from, const std::string& to, const std::optional<std::string>& pin,
                      const node_row* had_it) {
  if (from.empty()) return move_reason::placed;
  if (pin == to) return move_reason::pinned;
  if (had_it == nullptr || had_it->state == node_state::dead) return move_reason::dead;
  if (had_it->state == node_state::stopped) return move_reason::stopped;
  if (had_it->state == node_state::draining || had_it->drain_wanted || had_it->facts.weight == 0)
    return move_reason::drained;
  return move_reason::balanced;
}

}  // namespace weir::domain
