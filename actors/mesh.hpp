// MESH: keeps one link with every other node as cluster::link_plan says, and passes this node's hints on.
//
// The transport does what blocks; a PEER speaks over each link. A new link of a node whose older one CAF still
// believes in waits until that one has ended: CAF tells processes apart, not connections.
#pragma once

#include <functional>
#include <map>

#include "actors/interfaces.hpp"
#include "actors/links/transport.hpp"
#include "cluster/link_plan.hpp"

namespace weir::actors {

struct mesh_parts {
  cluster::link_peer me;
  std::function<void(cluster::link_peer)> dial;                ///< answered by up_atom or failed_atom
  std::function<void(std::uint64_t link, std::string)> close;  ///< answered by closed_atom
  /// Who may come by link from now on: asked on other threads.
  std::function<void(std::shared_ptr<const cluster::link_plan>)> admit;
  std::function<void(const cluster::hints&)> on_hints;  ///< of any other node; must not block
  std::function<void(names_ptr)> on_linked;             ///< the nodes that can be told, whenever that changes
  std::function<boot_time()> now;
  std::function<double()> random;
};

struct mesh_state {
  static inline const char* name = "mesh";
  struct line {
    std::uint64_t link = 0;
    peer_end_actor end;
    bool ready = false;
    link_ptr next;  ///< is up, and waits for this one's end
  };
  std::unique_ptr<cluster::link_plan> plan;
  std::map<std::string, line> lines;  ///< by the other node's name
  std::uint64_t generation = 0;       ///< of the pending step: older ones are ignored

  /// Ends the PEERs, whatever ended the MESH: nobody else knows them.
  ~mesh_state() {
    for (const auto& [_, one] : lines) caf::anon_send_exit(one.end, caf::exit_reason::user_shutdown);
  }
};

mesh_actor::behavior_type mesh(mesh_actor::stateful_pointer<mesh_state> self, mesh_parts parts);

}  // namespace weir::actors
