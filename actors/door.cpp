#include "actors/door.hpp"

#include <mutex>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/caf_door.hpp"
#include "actors/gate.hpp"
#include "actors/links/transport.hpp"

namespace weir::actors {

struct door::parts {
  std::unique_ptr<links::transport> way;
  std::mutex lock;
  caf::actor_system* system = nullptr;  ///< null: closed
  gate_actor gate;

  std::optional<std::string> admit() {
    const std::lock_guard guard(lock);
    if (system == nullptr) return "this node is not at work";
    return std::nullopt;
  }
  void take(links::link up) {
    const std::lock_guard guard(lock);
    if (system != nullptr) publish_on(*system, up.end.release(), gate);
  }
};

namespace {

void note(const links::link_event& event) {
  // Strangers can cause failures at will: they are for who looks closely.
  const auto level =
      event.kind == links::link_event::what::failed ? spdlog::level::debug : spdlog::level::info;
  spdlog::log(level, "link {} {} {}{}{}", to_string(event.kind), event.dialed ? "to" : "from",
              event.name.empty() ? event.remote : event.name, event.why.empty() ? "" : ": ", event.why);
}

}  // namespace

door::door(std::unique_ptr<parts> held) : parts_(std::move(held)) {}

result<std::unique_ptr<door>> door::make(door_settings settings) {
  auto held = std::make_unique<parts>();
  links::transport_options options;
  options.me.role = links::peer_role::node;
  options.me.name = settings.name;
  options.me.cluster = settings.cluster;
  options.listen = settings.listen;
  if (!settings.cert.empty()) options.tls = links::tls_files{settings.ca, settings.cert, settings.key};
  options.admit = [p = held.get()](const links::hello&) { return p->admit(); };
  options.on_link = [p = held.get()](links::link up) { p->take(std::move(up)); };
  options.on_event = note;
  auto way = links::transport::start(std::move(options));
  if (!way) return way.error();
  held->way = std::move(*way);
  return std::unique_ptr<door>(new door(std::move(held)));
}

door::~door() { parts_->way->stop(); }

const std::string& door::address() const { return parts_->way->listening(); }

void door::open(node_id me, caf::actor_system& system, const gate_parts& gate_of) {
  {
    const std::lock_guard guard(parts_->lock);
    parts_->gate = system.spawn(gate, gate_of);
    parts_->system = &system;
  }
  parts_->way->become(me);
}

void door::close() {
  gate_actor gate_of;
  {
    const std::lock_guard guard(parts_->lock);
    parts_->system = nullptr;
    gate_of = std::exchange(parts_->gate, gate_actor{});
  }
  if (gate_of) caf::anon_send_exit(gate_of, caf::exit_reason::user_shutdown);
  parts_->way->become(0);
}

}  // namespace weir::actors
