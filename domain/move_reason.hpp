// Why a partition is wished for another node: for people and metrics, nothing is decided by it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <weir/driver/types.hpp>

namespace weir::domain {

enum class move_reason {
  placed,   ///< nobody had it
  pinned,   ///< its stream is pinned to the new node
  dead,     ///< the old node was declared dead
  stopped,  ///< the old node has stopped
  drained,  ///< the old node drains, or may have no work
  ordered,  ///< a person said so
  balanced,  ///< the old node could have kept it: the new one has less to do, or performs more of its task names
};
/// "placed", "pinned", ...
const char* to_string(move_reason reason) noexcept;
const std::vector<move_reason>& all_move_reasons();

/// Why the leader moves a partition from node `from` to node `to` ("" = nobody). Never `ordered`.
/// @param pin  of its stream. @param had_it  the node `from`; null: there is none of that name
move_reason reason_of(const std::string& from, const std::string& to, const std::optional<std::string>& pin,
                      const node_row* had_it);

}  // namespace weir::domain
