#include "actors/coordinator.hpp"

#include <spdlog/spdlog.h>

#include "cluster/assigner.hpp"
#include "domain/log_event.hpp"

namespace weir::actors {

namespace {

struct coordinator_state {
  coordinator_parts parts;
  session<coordination_store> db;
  cluster::assigner assign;
  int steps = 0;

  explicit coordinator_state(coordinator_parts p)
      : parts(std::move(p)), db(parts.store->open_coordination()) {}

  result<void> step() {
    result<catalog> rows = db.call([](coordination_store& s) { return s.load(); });
    if (!rows) return rows.error();
    const std::vector<wish> moves = assign.moves(std::move(*rows), parts.now());
    if (!moves.empty()) {
      const auto written =
          db.call([&](coordination_store& s) { return s.assign(parts.me, parts.term, moves); });
      if (!written) return written;
      const domain::log_event event{"placement.changed",
                                    {{"term", parts.term.term}, {"partitions", moves.size()}}};
      spdlog::info("placement: {} partitions have a new wish", moves.size());
      parts.on_moves();
    }
    // Room for new tasks is made long before it is needed: a look every 16 steps is plenty.
    if (steps++ % 16 != 0) return {};
    return db.call([&](coordination_store& s) { return s.keep_room(parts.me, parts.term); });
  }
};

}  // namespace

coordinator_actor::behavior_type coordinator(coordinator_actor::pointer self, coordinator_parts given) {
  const auto s = std::make_shared<coordinator_state>(std::move(given));
  self->send(self, step_atom_v);
  const auto place = [=] {
    const auto done = s->step();
    if (done) return true;
    s->parts.errors(done.error());
    // An older term: a newer leader is at work. The elector will say so; until then this one is still.
    if (done.error().code != errc::refused) return true;
    self->quit();
    return false;
  };
  return {
      [=](look_atom) { place(); },
      [=](step_atom) {
        if (place()) self->delayed_send(self, s->parts.every, step_atom_v);
      },
  };
}

}  // namespace weir::actors
