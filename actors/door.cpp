#include "actors/door.hpp"

#include <unistd.h>

#include <map>
#include <mutex>
#include <random>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/caf_door.hpp"
#include "actors/links/enqueue_frame.hpp"
#include "actors/links/transport.hpp"
#include "actors/mesh.hpp"
#include "actors/opening.hpp"

namespace weir::actors {

namespace {

/// Failed dials in a row until they are an error: nodes that start or stop decline each other for a moment.
constexpr int worth_telling = 3;

}  // namespace

/// The transport's callbacks and dials meet the open incarnation here.
struct door::parts : std::enable_shared_from_this<door::parts> {
  std::string name;
  std::unique_ptr<links::transport> way;
  std::mutex lock;
  caf::actor_system* system = nullptr;  ///< null: closed
  gate_actor gate;
  gate_parts behind;  ///< for producers, who need no actor of their own
  mesh_actor mesh;
  std::shared_ptr<const cluster::link_plan> guests;
  std::shared_ptr<hint_way> hints;
  std::function<void(const error&)> on_error;
  std::map<std::string, int> failed;  ///< dials in a row, by node

  std::optional<std::string> admit(const links::hello& who);
  void take(links::link up);
  void answer(links::link_id producer, const std::string& frame);
  void on_closed(links::link_id link);
  void dial(const cluster::link_peer& whom);
  void on_failed(const cluster::link_peer& whom, const error& why);
};

std::optional<std::string> door::parts::admit(const links::hello& who) {
  const std::lock_guard guard(lock);
  if (system == nullptr) return "this node is not at work";
  if (who.role != links::peer_role::node) return std::nullopt;
  if (guests == nullptr) return "this node has not seen the others yet";
  const auto id = static_cast<node_id>(who.node_id);
  if (id != who.node_id) return "there is no such incarnation";
  return guests->object_to(who.name, id);
}

void door::parts::take(links::link up) {
  const std::lock_guard guard(lock);
  if (system == nullptr) return;
  if (up.peer.role == links::peer_role::client)
    publish_on(*system, up.end.release(), gate);
  else
    caf::anon_send(mesh, up_atom_v, std::make_shared<links::link>(std::move(up)));
}

void door::parts::answer(links::link_id producer, const std::string& frame) {
  auto question = links::decode_question(frame);
  if (!question) return way->close(producer, "the producer sent " + question.error().message);
  const auto reply = [weak = weak_from_this(), producer,
                      number = question->number](result<std::vector<task_id>> ids) {
    if (const auto p = weak.lock()) p->way->answer(producer, links::encode_reply({number, std::move(ids)}));
  };
  gate_parts to;
  {
    const std::lock_guard guard(lock);
    if (system == nullptr) return;  // the link is on its way out
    to = behind;
  }
  if (auto good = check_message(question->rows, to.data_bytes_max); !good) return reply(good.error());
  auto order = std::make_shared<enqueue_order>();
  order->rows = std::move(question->rows);
  order->answer = [reply](const result<std::vector<inserted>>& made) {
    if (!made) return reply(made.error());
    std::vector<task_id> ids;
    ids.reserve(made->size());
    for (const inserted& one : *made) ids.push_back(one.id);
    reply(std::move(ids));
  };
  caf::anon_send(to.gateway, enqueue_atom_v, order_ptr(std::move(order)));
}

void door::parts::on_closed(links::link_id link) {
  const std::lock_guard guard(lock);
  if (mesh) caf::anon_send(mesh, closed_atom_v, link);
}

void door::parts::dial(const cluster::link_peer& whom) {
  way->dial(whom.address, {whom.name, whom.id}, [weak = weak_from_this(), whom](result<links::link> found) {
    const auto p = weak.lock();
    if (!p) return;
    if (!found) return p->on_failed(whom, found.error());
    {
      const std::lock_guard guard(p->lock);
      p->failed.erase(whom.name);
    }
    p->take(std::move(*found));
  });
}

void door::parts::on_failed(const cluster::link_peer& whom, const error& why) {
  std::function<void(const error&)> tell;
  {
    const std::lock_guard guard(lock);
    if (mesh) caf::anon_send(mesh, failed_atom_v, whom.name, whom.id);
    if (++failed[whom.name] >= worth_telling) tell = on_error;
  }
  if (tell) tell({why.code, "link to node " + whom.name + " (" + whom.address + "): " + why.message});
}

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
  held->name = settings.name;
  links::transport_options options;
  options.me.role = links::peer_role::node;
  options.me.name = settings.name;
  options.me.cluster = "not yet known";  // everybody is declined until an incarnation opens the door
  options.listen = settings.listen;
  if (!settings.cert.empty()) options.tls = links::tls_files{settings.ca, settings.cert, settings.key};
  // Weak: a transport whose thread hangs in a callback is left to itself, and may call once more.
  options.admit = [weak = std::weak_ptr(held)](const links::hello& who) {
    const auto p = weak.lock();
    return p ? p->admit(who) : std::optional<std::string>{"this node is going away"};
  };
  options.on_link = [weak = std::weak_ptr(held)](links::link up) {
    if (const auto p = weak.lock()) p->take(std::move(up));
  };
  options.on_frame = [weak = std::weak_ptr(held)](links::link_id producer, const std::string& frame) {
    if (const auto p = weak.lock()) p->answer(producer, frame);
  };
  options.on_event = [weak = std::weak_ptr(held)](const links::link_event& event) {
    note(event);
    if (event.kind != links::link_event::what::closed) return;
    if (const auto p = weak.lock()) p->on_closed(event.id);
  };
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

void door::open(const opening& in) {
  const auto p = parts_;
  mesh_parts m;
  m.me = {p->name, in.me, address(), in.machine};
  m.dial = [p](const cluster::link_peer& whom) { p->dial(whom); };
  m.close = [p](std::uint64_t link, std::string why) { p->way->close(link, std::move(why)); };
  m.admit = [p](std::shared_ptr<const cluster::link_plan> guests) {
    const std::lock_guard guard(p->lock);
    p->guests = std::move(guests);
  };
  m.on_hints = in.on_hints;
  m.on_linked = in.on_linked;
  m.now = [] { return boot_clock::now(); };
  m.random = [engine = std::mt19937_64{std::random_device{}()}]() mutable {
    return std::uniform_real_distribution<double>{0.0, 1.0}(engine);
  };
  {
    const std::lock_guard guard(p->lock);
    p->gate = in.system->spawn(gate, in.gate);
    p->behind = in.gate;
    p->mesh = in.system->spawn(mesh, std::move(m));
    p->system = in.system;
    p->hints = in.hints;
    p->hints->lead_to(p->mesh);
    p->on_error = in.on_error;
  }
  p->way->become(in.me, in.cluster);
}

void door::close() {
  std::vector<caf::actor> ending;
  {
    const std::lock_guard guard(parts_->lock);
    if (parts_->system == nullptr) return;
    parts_->system = nullptr;
    parts_->guests.reset();
    parts_->behind = {};
    parts_->hints->lead_to({});
    parts_->hints.reset();
    parts_->on_error = nullptr;
    parts_->failed.clear();
    ending.push_back(caf::actor_cast<caf::actor>(std::exchange(parts_->gate, gate_actor{})));
    ending.push_back(caf::actor_cast<caf::actor>(std::exchange(parts_->mesh, mesh_actor{})));
  }
  for (const auto& one : ending) caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
  parts_->way->become(0);
}

}  // namespace weir::actors
