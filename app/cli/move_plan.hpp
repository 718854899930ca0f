// `weir stream move`: which wishes bring a partition to a node and are kept by the leader. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <weir/driver/types.hpp>
#include <weir/result.hpp>

namespace weir::app {

struct move_plan {
  std::vector<wish> wishes;  ///< none: it is wished for that node already
  int slot = 0;
  std::string from;  ///< who was wished for it, "" = nobody
  /// What goes the other way, so that the balance stays: "mail/3"; "" = nothing.
  std::string exchanged;
};

/// A wish lasts only while the leader's own rules have nothing against it; so they are asked here, too: first
/// about the move alone, then about an exchange with something that the node gives back.
/// @param slot  may be missing if the stream has one partition.
/// @errors not_found (stream, node); invalid (slot); refused (node not active, pinned elsewhere, or the leader
///         would move it back at once: says what to do instead)
result<move_plan> plan_move(const catalog& rows, const std::string& stream, const std::string& node,
                            std::optional<int> slot);

}  // namespace weir::app
