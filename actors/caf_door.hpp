// How CAF speaks over a link of ours: it gets one end of a socket pair and never opens a port itself.
//
// Only two messages of CAF's broker are used; they exist in 0.17, 0.18 and 1.x alike.
#pragma once

#include <chrono>
#include <set>
#include <string>

#include <caf/io/all.hpp>

#include <weir/caf.hpp>
#include <weir/result.hpp>

namespace weir::actors {

/// CAF files what it publishes under a port number, though there is no port.
inline constexpr std::uint16_t no_port = 1;
caf::actor broker_of(caf::actor_system& system);
caf::io::scribe_ptr scribe_of(caf::actor_system& system, int fd);

/// What CAF calls an interface when it crosses a link.
using interface_names = std::set<std::string>;
template <class Handle>
interface_names interface_of(caf::actor_system& system) {
  return system.message_types(caf::detail::type_list<Handle>{});
}

/// The accepting end: the peer of `fd` (which is given away) may talk to `whom` from now on.
void publish_on(caf::actor_system& system, int fd, caf::strong_actor_ptr whom, interface_names offered);
template <class Handle>
void publish_on(caf::actor_system& system, int fd, const Handle& whom) {
  publish_on(system, fd, caf::actor_cast<caf::strong_actor_ptr>(whom), interface_of<Handle>(system));
}

/// The dialing end: asks CAF for the actor that the peer of `fd` (which is given away) publishes. `self` waits as it
/// can: `.then(take, fail)` or `.receive(take, fail)`, take(caf::node_id&, caf::strong_actor_ptr&, interface_names&).
template <class Self>
auto ask_behind(Self* self, int fd, std::chrono::milliseconds patience) {
  return self->request(broker_of(self->system()), patience, caf::connect_atom_v,
                       scribe_of(self->system(), fd), no_port);
}

/// The same, for the gate behind a link. Blocks; not from an actor.
/// @errors unavailable: no gate answered in time; refused: what answered is no gate of this version
result<gate_actor> gate_behind(caf::actor_system& system, int fd, std::chrono::milliseconds patience);

/// What an actor system needs to know to take part.
void prepare_for_links(caf::actor_system_config& config);

}  // namespace weir::actors
