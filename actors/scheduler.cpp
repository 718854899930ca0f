#include "actors/scheduler.hpp"

#include "actors/crash_point.hpp"

namespace weir::actors {

scheduler_actor::behavior_type scheduler(scheduler_actor::pointer self, scheduler_parts given) {
  struct state {
    error_sink errors;
    std::unique_ptr<schedule_store> store;
    cluster::scheduler machine;

    explicit state(scheduler_parts parts)
        : errors(std::move(parts.errors)),
          store(parts.store->open_schedules()),
          machine(*store, std::move(parts.settings)) {}
  };
  given.settings.passing = [](const char* when) { crash_point(when, "fire"); };
  self->monitor(given.leading);
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  const auto s = std::make_shared<state>(std::move(given));
  self->send(self, step_atom_v);
  return {
      [=](step_atom) {
        const auto done = s->machine.step();
        for (const error& trouble : done.troubles) s->errors(trouble);
        if (done.over) {
          self->quit();
          return;
        }
        self->delayed_send(self, done.wait, step_atom_v);
      },
  };
}

}  // namespace weir::actors
