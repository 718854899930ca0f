// What an incarnation brings when it opens its node's door.
#pragma once

#include <functional>
#include <string>

#include "actors/gate.hpp"
#include "actors/hint_way.hpp"

namespace weir::actors {

struct opening {
  node_id me = 0;
  std::string machine;
  std::string cluster;                  ///< who names another one is refused
  caf::actor_system* system = nullptr;  ///< was prepared for links; stays until close() has returned
  gate_parts gate;
  std::shared_ptr<hint_way> hints;                      ///< leads to the MESH while the door is open
  std::function<void(const cluster::hints&)> on_hints;  ///< another node's; from any thread; must not block
  std::function<void(names_ptr)> on_linked;             ///< likewise: the nodes that can be told
  std::function<void(const error&)> on_error;           ///< likewise: a node stays out of reach
};

}  // namespace weir::actors
