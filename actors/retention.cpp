#include "actors/retention.hpp"

#include <spdlog/spdlog.h>

#include "actors/crash_point.hpp"
#include "domain/log_event.hpp"

namespace weir::actors {

retention_actor::behavior_type retention(retention_actor::pointer self, retention_parts given) {
  struct state {
    retention_parts parts;
    cluster::retention machine;
    std::unique_ptr<retention_store> session{};

    explicit state(retention_parts p) : parts(std::move(p)), machine(parts.settings) {}

    retention_store& store() {
      if (!session) session = parts.store->open_retention();
      return *session;
    }
  };
  // A pause that is worth a new connection at its end.
  constexpr std::chrono::seconds long_pause{10};
  given.settings.passing = [](const char* when) { crash_point(when, "retention"); };
  self->monitor(given.leading);
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  const auto s = std::make_shared<state>(std::move(given));
  self->send(self, step_atom_v);
  return {
      [=](step_atom) {
        const auto done = s->machine.step(s->store());
        for (const error& trouble : done.troubles) s->parts.errors(trouble);
        if (done.emptied + done.dropped > 0) {
          const domain::log_event event{"retention.done",
                                        {{"emptied", done.emptied}, {"dropped", done.dropped}}};
          spdlog::info("retention: {} segments emptied, {} dropped", done.emptied, done.dropped);
        }
        if (done.over) {
          self->quit();
          return;
        }
        if (done.idle && done.wait >= long_pause) s->session.reset();
        self->delayed_send(self, done.wait, step_atom_v);
      },
  };
}

}  // namespace weir::actors
