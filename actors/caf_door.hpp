// How CAF speaks over a link of ours: it gets one end of a socket pair and never opens a port itself.
//
// Only two messages of CAF's broker are used; they exist in 0.17, 0.18 and 1.x alike.
#pragma once

#include <chrono>

#include <weir/caf.hpp>
#include <weir/result.hpp>

namespace weir::actors {

/// The accepting end: the peer of `fd` (which is given away) may talk to `whom` from now on.
void publish_on(caf::actor_system& system, int fd, const gate_actor& whom);

/// The dialing end: the gate that the peer of `fd` (which is given away) publishes. Blocks; not from an actor.
/// @errors unavailable: no gate answered in time; refused: what answered is no gate of this version
result<gate_actor> gate_behind(caf::actor_system& system, int fd, std::chrono::milliseconds patience);

/// What an actor system needs to know to take part.
void prepare_for_links(caf::actor_system_config& config);

}  // namespace weir::actors
