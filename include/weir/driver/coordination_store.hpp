// What a leader reads and writes, and the declarations of a joining node.
#pragma once

#include <string>
#include <vector>

#include <weir/driver/types.hpp>
#include <weir/result.hpp>

namespace weir {

class coordination_store {
 public:
  virtual ~coordination_store() = default;
  virtual result<void> reconnect() = 0;

  /// Everything placement needs, from one snapshot.
  virtual result<catalog> load() = 0;

  /// Writes wishes, fenced by the term.
  /// @errors refused: the term is not the newest one. Nothing was written.
  virtual result<void> assign(node_id me, leader_term term, const std::vector<wish>& wishes) = 0;

  /// Creates what does not exist yet: streams with their partitions, routes. What exists and differs
  /// stays as it is; the answer lists each difference as a sentence.
  virtual result<std::vector<std::string>> declare(node_id me, const declarations& wanted) = 0;

  /// Keeps room ahead for new tasks (storage segments). Fenced by the term.
  virtual result<void> keep_room(node_id me, leader_term term) = 0;
};

}  // namespace weir
