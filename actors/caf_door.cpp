#include "actors/caf_door.hpp"

#include <random>
#include <set>
#include <string>

#include <caf/detail/get_root_uuid.hpp>
#include <caf/io/all.hpp>
#include <caf/io/basp_broker.hpp>

// CAF 0.17 makes a process's node id of its machine's address and its pid: in containers two processes can have the
// same, and answers would go to the wrong one. It asks this function, and finds ours before its own.
namespace caf {
namespace detail {
std::string get_root_uuid() {
  std::random_device source;
  std::string fresh;
  for (int n = 0; n < 5; ++n) fresh += std::to_string(source());
  return fresh;
}
}  // namespace detail
}  // namespace caf

namespace weir::actors {

namespace {

/// CAF files what it publishes under a port number, though there is no port.
constexpr std::uint16_t no_port = 1;

caf::actor broker_of(caf::actor_system& system) {
  return system.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
}

std::set<std::string> interface_of(caf::actor_system& system) {
  return system.message_types(caf::detail::type_list<gate_actor>{});
}

}  // namespace

void publish_on(caf::actor_system& system, int fd, const gate_actor& whom) {
  auto scribe = system.middleman().backend().new_scribe(fd);
  caf::anon_send(broker_of(system), caf::publish_atom_v, std::move(scribe), no_port,
                 caf::actor_cast<caf::strong_actor_ptr>(whom), interface_of(system));
}

result<gate_actor> gate_behind(caf::actor_system& system, int fd, std::chrono::milliseconds patience) {
  result<gate_actor> found{error{errc::unavailable, "no gate answered"}};
  auto scribe = system.middleman().backend().new_scribe(fd);
  caf::scoped_actor self{system};
  self->request(broker_of(system), patience, caf::connect_atom_v, std::move(scribe), no_port)
      .receive(
          [&](caf::node_id&, caf::strong_actor_ptr& whom, std::set<std::string>& offered) {
            if (whom == nullptr) return;
            if (!system.assignable(offered, interface_of(system)))
              found = error{errc::refused, "the peer's gate takes other messages than this version's"};
            else
              found = caf::actor_cast<gate_actor>(whom);
          },
          [&](const caf::error& why) {
            found = error{errc::unavailable, "no gate answered: " + system.render(why)};
          });
  return found;
}

void prepare_for_links(caf::actor_system_config& config) {
  config.add_message_types<caf::id_block::weir_gate>();
  config.load<caf::io::middleman>();
}

}  // namespace weir::actors
