#include "actors/caf_door.hpp"

#include "actors/outside_asker.hpp"

#include <random>
#include <utility>

#include <caf/detail/get_root_uuid.hpp>
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

caf::actor broker_of(caf::actor_system& system) {
  return system.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
}

caf::io::scribe_ptr scribe_of(caf::actor_system& system, int fd) {
  return system.middleman().backend().new_scribe(fd);
}

void publish_on(caf::actor_system& system, int fd, caf::strong_actor_ptr whom, interface_names offered) {
  caf::anon_send(broker_of(system), caf::publish_atom_v, scribe_of(system, fd), no_port, std::move(whom),
                 std::move(offered));
}

result<gate_actor> gate_behind(caf::actor_system& system, int fd, std::chrono::milliseconds patience) {
  result<gate_actor> found{error{errc::unavailable, "no gate answered"}};
  const outside_asker self{system};
  ask_behind(self.operator->(), fd, patience)
      .receive(
          [&](caf::node_id&, caf::strong_actor_ptr& whom, interface_names& offered) {
            if (whom == nullptr) return;
            if (!system.assignable(offered, interface_of<gate_actor>(system)))
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
