// The election. One direct session of its own: the lock lives and dies with it.
#pragma once

#include <optional>
#include <string>

#include <weir/driver/types.hpp>
#include <weir/result.hpp>

namespace weir {

class leadership_store {
 public:
  virtual ~leadership_store() = default;

  /// Drops the session (and with it the lock) and opens a new one.
  virtual result<void> reconnect() = 0;

  /// Tries the lock and, if obtained, begins a new term. nullopt: somebody else holds it.
  /// @errors refused: this incarnation is dead.
  virtual result<std::optional<leader_term>> try_lead(node_id me) = 0;

  /// True while this session really holds the lock and the term is still the newest. Anything else,
  /// errors included, means: step down.
  virtual result<bool> renew(node_id me, leader_term term) = 0;

  /// Ends the term with a reason and frees the lock.
  virtual result<void> resign(node_id me, leader_term term, const std::string& reason) = 0;
};

}  // namespace weir
