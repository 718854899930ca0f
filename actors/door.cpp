#include "actors/door.hpp"

#include <unistd.h>

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

door::door(std::shared_ptr<parts> held) : parts_(std::move(held)) {}

result<std::unique_ptr<door>> door::make(door_settings settings) {
  const auto held = std::make_shared<parts>();
  links::transport_options options;
  options.me.role = links::peer_role::node;
  options.me.name = settings.name;
  options.me.cluster = "not yet known";  // everybody is declined until an incarnation opens the door
  options.listen = settings.listen;
  if (!settings.cert.empty()) options.tls = links::tls_files{settings.ca, settings.cert, settings.key};
  // Weak: a transport whose thread hangs in a callback is left to itself, and may call once more.
  options.admit = [weak = std::weak_ptr(held)](const links::hello&) {
    const auto p = weak.lock();
    return p ? p->admit() : std::optional<std::string>{"this node is going away"};
  };
  options.on_link = [weak = std::weak_ptr(held)](links::link up) {
    if (const auto p = weak.lock()) p->take(std::move(up));
  };
  options.on_event = note;
  auto way = links::transport::start(std::move(options));
  if (!way) return way.error();
  held->way = std::move(*way);
  return std::unique_ptr<door>(new door(held));
}

door::~door() { parts_->way->stop(); }

std::string door::address() const {
  const std::string bound = parts_->way->listening();
  for (const std::string any : {"0.0.0.0:", "[::]:"}) {
    char host[256] = {};
    if (bound.rfind(any, 0) == 0 && ::gethostname(host, sizeof host - 1) == 0)
      return std::string(host) + ":" + bound.substr(any.size());
  }
  return bound;
}

void door::open(node_id me, const std::string& cluster, caf::actor_system& system,
                const gate_parts& gate_of) {
  {
    const std::lock_guard guard(parts_->lock);
    parts_->gate = system.spawn(gate, gate_of);
    parts_->system = &system;
  }
  parts_->way->become(me, cluster);
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
