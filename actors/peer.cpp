#include "actors/peer.hpp"

#include <algorithm>
#include <utility>

#include "actors/caf_door.hpp"

namespace weir::actors {

using namespace std::chrono_literals;

namespace {

using self_ptr = peer_end_actor::stateful_pointer<peer_state>;
using parts_ptr = std::shared_ptr<const peer_parts>;

/// For the other end of a link that is up: one round trip.
constexpr auto greeting_patience = 3s;

void give_up(self_ptr self, const parts_ptr& parts, std::string why) {
  parts->on_broken(parts->link, std::move(why));
  self->quit();
}

/// Says what there is to say, when it may.
void speak(self_ptr self, const parts_ptr& parts) {
  peer_state& state = self->state;
  if (!state.other) return;
  const boot_time now = parts->now();
  if (state.line.silent(now)) return give_up(self, parts, "the other node's actors do not answer");
  if (auto next = state.line.next(now)) {
    // CAF's own deadline comes after ours: silence is told from one place.
    self->request(state.other, 2 * cluster::hint_silence, hint_atom_v, std::move(*next))
        .then(
            [=](bool) {
              self->state.line.on_answer();
              if (!std::exchange(self->state.ready, true)) parts->on_ready(parts->link);
              speak(self, parts);
            },
            [=](const caf::error&) {});
  }
  const auto pause = std::max<boot_clock::duration>(state.line.next_step() - now, 1ms);
  self->delayed_send(self, pause, step_atom_v, ++state.generation);
}

void meet(self_ptr self, const parts_ptr& parts, const caf::strong_actor_ptr& whom) {
  self->state.other = caf::actor_cast<peer_actor>(whom);
  self->monitor(self->state.other);
  speak(self, parts);
}

void find_other(self_ptr self, const parts_ptr& parts) {
  ask_behind(self, parts->fd, greeting_patience)
      .then(
          [=](caf::node_id&, caf::strong_actor_ptr& whom, interface_names& offered) {
            if (whom == nullptr ||
                !self->system().assignable(offered, interface_of<peer_actor>(self->system())))
              return give_up(self, parts, "the other node takes other messages than this version's");
            meet(self, parts, whom);
            self->send(self->state.other, greet_atom_v, caf::actor_cast<caf::strong_actor_ptr>(self));
          },
          [=](const caf::error& why) {
            give_up(self, parts, "the other node did not answer: " + self->system().render(why));
          });
}

}  // namespace

peer_end_actor::behavior_type peer(self_ptr self, peer_parts given) {
  const auto parts = std::make_shared<const peer_parts>(std::move(given));
  self->state.line = cluster::hint_line{parts->now()};
  self->set_down_handler([=](const caf::down_msg& gone) {
    if (gone.source == self->state.other.address()) give_up(self, parts, "the link broke");
  });
  if (parts->fd >= 0) find_other(self, parts);
  return {
      [=](greet_atom, const caf::strong_actor_ptr& whom) {
        if (whom != nullptr && !self->state.other) meet(self, parts, whom);
      },
      [=](hint_atom, const cluster::hints& heard) {
        parts->on_hints(heard);
        return true;
      },
      [=](tell_atom, const hints_ptr& more) {
        self->state.line.add(*more);
        speak(self, parts);
      },
      [=](step_atom, std::uint64_t generation) {
        if (generation == self->state.generation) speak(self, parts);
      },
  };
}

}  // namespace weir::actors
