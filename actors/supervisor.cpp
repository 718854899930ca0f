#include "actors/supervisor.hpp"

#include <spdlog/spdlog.h>

#include "domain/log_event.hpp"

namespace weir::actors {

namespace {

using self_ptr = supervisor_actor::stateful_pointer<supervisor_state>;

/// A goodbye is a courtesy: it is not waited for longer than this.
constexpr std::chrono::seconds patience{3};

void end_coordinator(self_ptr self) {
  auto& coordinator = self->state.coordinator;
  if (!coordinator) return;
  caf::anon_send_exit(coordinator, caf::exit_reason::user_shutdown);
  coordinator = coordinator_actor{};
}

void look(self_ptr self) {
  if (self->state.coordinator) self->send(self->state.coordinator, look_atom_v);
}

void bury(self_ptr self, const supervisor_parts& parts, const news_ptr& news) {
  self->request(parts.undertaker, caf::infinite, bury_atom_v, news)
      .then(
          [self, told = parts.on_death](bool any) {
            if (!any) return;
            told();
            look(self);
          },
          [](const caf::error&) {});
}

void on_good_beat(self_ptr self, const supervisor_parts& parts, const news_ptr& news) {
  if (self->state.away) {
    const domain::log_event event{"database.back"};
    spdlog::info("the database answers again");
  }
  self->state.away = false;
  self->send(parts.worker, view_atom_v, news);
  parts.on_view(news);
  if (!news->suspects.empty()) bury(self, parts, news);
}

void on_failed_beat(self_ptr self, const supervisor_parts& parts, const news_ptr& news) {
  if (!self->state.away) {
    const domain::log_event event{"database.away"};
    spdlog::warn("beat failed: {}", news->trouble);
  }
  self->state.away = true;
  parts.errors({errc::unavailable, "beat failed: " + news->trouble});
}

void on_fenced(self_ptr self, const supervisor_parts& parts, const news_ptr& news) {
  if (std::exchange(self->state.fenced, true)) return;
  const domain::log_event event{"node.ended"};
  spdlog::error("this incarnation has ended: {}", news->trouble);
  parts.errors({errc::refused, news->trouble});
  end_coordinator(self);
  if (parts.elector) caf::anon_send(parts.elector, resign_atom_v, std::string("dead"));
  self->send(parts.worker, fenced_atom_v);
}

/// A proof that whoever decides about tasks takes messages. A WORKER that has ended proves nothing, and need not.
void prove_life(self_ptr self, const supervisor_parts& parts) {
  if (!parts.on_alive) return;
  self->request(parts.worker, caf::infinite, report_atom_v)
      .then([alive = parts.on_alive](const worker_report&) { alive(); }, [](const caf::error&) {});
}

}  // namespace

supervisor_actor::behavior_type supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
                                           supervisor_parts parts) {
  return {
      [=](news_atom, const news_ptr& news) {
        switch (news->kind) {
          case cluster::pulse_news::what::good: on_good_beat(self, parts, news); break;
          case cluster::pulse_news::what::failed: on_failed_beat(self, parts, news); break;
          case cluster::pulse_news::what::fenced: on_fenced(self, parts, news); break;
        }
        prove_life(self, parts);
      },
      [=](change_atom, const change_ptr& change) {
        end_coordinator(self);
        if (change->lost) {
          const domain::log_event event{"leader.lost", {{"reason", *change->lost}}};
          spdlog::info("no longer the leader: {}", *change->lost);
        }
        if (!change->gained || self->state.stopping || self->state.fenced) return;
        const domain::log_event event{"leader.elected", {{"term", change->gained->term}}};
        spdlog::info("elected leader, term {}", change->gained->term);
        self->state.coordinator = parts.lead(*change->gained);
      },
      [=](look_atom) { look(self); },
      [=](stop_atom) {
        // A leader leads on until it holds nothing: it finds the successors of its own partitions, too.
        self->state.stopping = true;
        parts.begin_stop();
        self->send(parts.worker, stop_atom_v);
      },
      [=](idle_atom) {
        end_coordinator(self);
        const bool fenced = self->state.fenced;
        if (!parts.elector || fenced) {
          parts.on_end(fenced);
          return;
        }
        self->request(parts.elector, patience, resign_atom_v, std::string("resigned"))
            .then([=](bool) { parts.on_end(false); }, [=](const caf::error&) { parts.on_end(false); });
      },
  };
}

}  // namespace weir::actors
