// PEER: one end of a link between two nodes. Two of them speak over each link, one at either side: the accepting
// one is published, the dialing one finds it and greets it; from then on both do the same.
#pragma once

#include <functional>

#include "actors/interfaces.hpp"
#include "cluster/hint_line.hpp"

namespace weir::actors {

struct peer_parts {
  std::string name;                                  ///< of the other node
  std::uint64_t link = 0;                            ///< its number at this end
  int fd = -1;                                       ///< dialed links: CAF's end, given away; -1: accepted
  std::function<void(std::uint64_t link)> on_ready;  ///< the other end answers; from then on hints arrive
  std::function<void(std::uint64_t link, std::string why)> on_broken;  ///< once; the PEER has ended
  std::function<void(const cluster::hints&)> on_hints;                 ///< the other node's
  std::function<boot_time()> now;
};

struct peer_state {
  static inline const char* name = "peer";
  explicit peer_state() : line(boot_time{}) {}
  cluster::hint_line line;
  peer_actor other;
  std::uint64_t generation = 0;  ///< of the pending step: older ones are ignored
  bool ready = false;
};

peer_end_actor::behavior_type peer(peer_end_actor::stateful_pointer<peer_state> self, peer_parts parts);

}  // namespace weir::actors
