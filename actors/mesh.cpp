#include "actors/mesh.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/caf_door.hpp"
#include "actors/peer.hpp"
#include "domain/log_event.hpp"

namespace weir::actors {

using namespace std::chrono_literals;

namespace {

using self_ptr = mesh_actor::stateful_pointer<mesh_state>;
using parts_ptr = std::shared_ptr<const mesh_parts>;

std::vector<cluster::link_peer> peers_of(const beat_view& view) {
  std::vector<cluster::link_peer> peers;
  for (const node_row& node : view.nodes) {
    if (node.state == node_state::dead || node.state == node_state::stopped) continue;
    peers.push_back({node.facts.name, node.id, node.facts.address, node.facts.machine});
  }
  return peers;
}

void tell_linked(self_ptr self, const parts_ptr& parts) {
  auto names = std::make_shared<std::set<std::string>>();
  for (const auto& [name, line] : self->state.lines) {
    if (line.ready) names->insert(name);
  }
  parts->on_linked(std::move(names));
}

void step(self_ptr self, const parts_ptr& parts) {
  const boot_time now = parts->now();
  const cluster::link_plan::step todo = self->state.plan->next(now);
  for (const auto link : todo.drop) parts->close(link, "replaced, or its node is gone");
  for (const auto& peer : todo.dial) parts->dial(peer);
  if (todo.next) {
    self->delayed_send(self, std::max<boot_clock::duration>(*todo.next - now, 1ms), step_atom_v,
                       ++self->state.generation);
  }
}

void begin(self_ptr self, const parts_ptr& parts, links::link up) {
  peer_parts p;
  p.name = up.peer.name;
  p.link = up.id;
  const int fd = up.end.release();
  if (up.dialed) p.fd = fd;
  const mesh_actor me = self;
  // Both come from the PEER, on this system's threads.
  p.on_ready = [weak = caf::actor_cast<caf::weak_actor_ptr>(me)](std::uint64_t link) {
    if (const auto to = caf::actor_cast<mesh_actor>(weak.lock())) caf::anon_send(to, ready_atom_v, link);
  };
  p.on_broken = parts->close;
  p.on_hints = parts->on_hints;
  p.now = parts->now;
  auto& line = self->state.lines[up.peer.name];
  line = {};
  line.link = up.id;
  line.end = self->spawn<caf::monitored>(peer, std::move(p));
  if (!up.dialed) publish_on(self->system(), fd, caf::actor_cast<peer_actor>(line.end));
}

/// A PEER has ended: with it, CAF has forgotten the connection.
void on_end(self_ptr self, const parts_ptr& parts, const caf::actor_addr& who) {
  auto& lines = self->state.lines;
  const auto at = std::find_if(lines.begin(), lines.end(),
                               [&](const auto& one) { return one.second.end.address() == who; });
  if (at == lines.end()) return;
  const link_ptr next = std::move(at->second.next);
  const bool was_ready = at->second.ready;
  lines.erase(at);
  if (was_ready) tell_linked(self, parts);
  if (next) begin(self, parts, std::move(*next));
}

}  // namespace

mesh_actor::behavior_type mesh(self_ptr self, mesh_parts given) {
  const auto parts = std::make_shared<const mesh_parts>(std::move(given));
  self->state.plan = std::make_unique<cluster::link_plan>(parts->me, parts->random);
  self->set_down_handler([=](const caf::down_msg& gone) { on_end(self, parts, gone.source); });
  return {
      [=](view_atom, const news_ptr& news) {
        self->state.plan->on_peers(peers_of(news->view), parts->now());
        parts->admit(std::make_shared<const cluster::link_plan>(*self->state.plan));
        step(self, parts);
      },
      [=](up_atom, const link_ptr& up) {
        self->state.plan->on_up(up->peer.name, static_cast<node_id>(up->peer.node_id), up->id, parts->now());
        const auto former = self->state.lines.find(up->peer.name);
        if (former == self->state.lines.end())
          begin(self, parts, std::move(*up));
        else
          former->second.next = up;
        step(self, parts);
      },
      [=](failed_atom, const std::string& name, node_id id) {
        self->state.plan->on_failed(name, id, parts->now());
        step(self, parts);
      },
      [=](closed_atom, std::uint64_t link) {
        self->state.plan->on_closed(link, parts->now());
        for (auto& [name, line] : self->state.lines) {
          // CAF has its end of file already; this is for a PEER that never met the other one.
          if (line.link == link) self->send_exit(line.end, caf::exit_reason::remote_link_unreachable);
          if (line.next && line.next->id == link) line.next.reset();
        }
        step(self, parts);
      },
      [=](ready_atom, std::uint64_t link) {
        for (auto& [name, line] : self->state.lines) {
          if (line.link != link || line.ready) continue;
          line.ready = true;
          const domain::log_event event{"link.up", {{"peer", name}}};
          spdlog::info("linked with {}", name);
          tell_linked(self, parts);
          // Either may have seen what the other one waits for.
          self->send(line.end, tell_atom_v,
                     std::make_shared<const cluster::hints>(cluster::hints{true, {}, {}}));
        }
      },
      [=](tell_atom, const hints_ptr& what) {
        for (auto& [name, line] : self->state.lines) self->send(line.end, tell_atom_v, what);
      },
      [=](tell_atom, const std::string& name, const hints_ptr& what) {
        const auto at = self->state.lines.find(name);
        if (at != self->state.lines.end()) self->send(at->second.end, tell_atom_v, what);
      },
      [=](step_atom, std::uint64_t generation) {
        if (generation == self->state.generation) step(self, parts);
      },
  };
}

}  // namespace weir::actors
