#include "actors/elector.hpp"

namespace weir::actors {

elector_actor::behavior_type elector(elector_actor::pointer self, elector_parts given) {
  struct state {
    elector_parts parts;
    std::unique_ptr<leadership_store> store;
    cluster::elector machine;
    bool resigned = false;
    explicit state(elector_parts p)
        : parts(std::move(p)), store(parts.store->open_leadership()), machine(*store, parts.settings) {}
  };
  const auto s = std::make_shared<state>(std::move(given));
  const auto tell = [s](const cluster::elector::change& change) {
    if (change.gained || change.lost) s->parts.on_change(change);
  };
  return {
      [=](resign_atom, const std::string& reason) -> bool {
        const bool led = s->machine.leading().has_value();
        s->resigned = true;  // the node goes away: another try would win the lock that it has just freed
        tell(s->machine.resign(reason));
        return led;
      },
      [=](step_atom) {
        if (s->resigned) return;
        tell(s->machine.step(s->parts.now()));
        // A leader renews on the beat; candidates try a little apart from each other.
        const auto jitter = s->machine.leading() ? 0.0 : 0.2 * s->parts.random();
        const std::chrono::duration<double, std::milli> pause = s->parts.every * (1.0 + jitter);
        self->delayed_send(self, std::chrono::duration_cast<std::chrono::nanoseconds>(pause), step_atom_v);
      },
  };
}

}  // namespace weir::actors
