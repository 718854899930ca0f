#include "actors/gate_client.hpp"

#include <future>
#include <map>
#include <utility>

#include "actors/caf_door.hpp"
#include "actors/gate.hpp"
#include "actors/links/transport.hpp"

namespace weir::actors {

using namespace std::chrono_literals;

namespace {

/// For the gate behind a link that is up: one round trip.
constexpr auto gate_patience = 3s;

struct system_config : caf::actor_system_config {
  system_config() {
    prepare_for_links(*this);
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
  }
};

/// LINE: stands for the gate in this process, so that a question is answered when its link breaks, and not only
/// when its time is up.
struct line_state {
  static inline const char* name = "line";
  std::map<std::uint64_t, caf::typed_response_promise<enqueue_answer>> open;
  std::uint64_t last = 0;
  bool down = false;

  void answer(std::uint64_t number, enqueue_answer what) {
    const auto at = open.find(number);
    if (at == open.end()) return;
    at->second.deliver(std::move(what));
    open.erase(at);
  }
};

gate_actor::behavior_type line(gate_actor::stateful_pointer<line_state> self, gate_actor gate,
                               std::chrono::milliseconds patience) {
  self->monitor(gate);
  self->set_down_handler([self](const caf::down_msg&) {
    self->state.down = true;
    while (!self->state.open.empty())
      self->state.answer(self->state.open.begin()->first,
                         to_answer({errc::in_doubt, "the link to the gateway broke"}));
  });
  const auto send = [=](const std::vector<task_message>& tasks,
                        const std::string& token) -> caf::result<enqueue_answer> {
    if (self->state.down) return to_answer({errc::unavailable, "the gateway is gone"});
    auto promise = self->make_response_promise<enqueue_answer>();
    const std::uint64_t number = ++self->state.last;
    self->state.open.emplace(number, promise);
    self->request(gate, patience, enqueue_atom_v, tasks, token)
        .then([=](const enqueue_answer& reply) { self->state.answer(number, reply); },
              [=](const caf::error& why) {
                self->state.answer(number, to_answer({errc::in_doubt, "no answer from the gateway: " +
                                                                          self->system().render(why)}));
              });
    return promise;
  };
  return {
      [=](enqueue_atom, const std::vector<task_message>& tasks) { return send(tasks, {}); },
      [=](enqueue_atom, const std::vector<task_message>& tasks, const std::string& token) {
        return send(tasks, token);
      },
  };
}

}  // namespace

struct gate_client::parts {
  gate_line_settings settings;
  system_config config;
  caf::actor_system system{config};
  std::unique_ptr<links::transport> way;
  std::optional<links::link_id> link;
  gate_actor gate;  ///< the LINE to it

  result<void> open_way();
  void hang_up();
};

result<void> gate_client::parts::open_way() {
  if (way) return {};
  links::transport_options options;
  options.me.role = links::peer_role::client;
  options.me.name = settings.name;
  options.me.cluster = settings.cluster;
  if (!settings.cert.empty()) options.tls = links::tls_files{settings.ca, settings.cert, settings.key};
  auto started = links::transport::start(std::move(options));
  if (!started) return started.error();
  way = std::move(*started);
  return {};
}

void gate_client::parts::hang_up() {
  if (gate) caf::anon_send_exit(gate, caf::exit_reason::user_shutdown);
  gate = gate_actor{};
  if (link) way->close(*link);
  link.reset();
}

gate_client::gate_client(gate_line_settings settings) : parts_(std::make_unique<parts>()) {
  parts_->settings = std::move(settings);
}

gate_client::~gate_client() {
  parts_->hang_up();
  if (parts_->way) parts_->way->stop();
}

bool gate_client::connected() const { return static_cast<bool>(parts_->gate); }

result<void> gate_client::connect(const std::string& address, const std::string& name, node_id id) {
  parts& p = *parts_;
  p.hang_up();
  if (auto open = p.open_way(); !open) return open.error();
  auto answered = std::make_shared<std::promise<result<links::link>>>();
  auto up = answered->get_future();
  p.way->dial(address, {name, id},
              [answered](result<links::link> found) { answered->set_value(std::move(found)); });
  result<links::link> found = up.get();
  if (!found) return found.error();
  p.link = found->id;
  result<gate_actor> gate = gate_behind(p.system, found->end.release(), gate_patience);
  if (!gate) {
    p.hang_up();
    return gate.error();
  }
  p.gate = p.system.spawn(line, *gate, p.settings.patience);
  return {};
}

std::size_t gate_client::message_end(const std::vector<insert_row>& rows, std::size_t begin) {
  std::size_t end = begin;
  std::size_t bytes = 0;
  while (end < rows.size() && end - begin < gate_tasks_max) {
    bytes += rows[end].data.size();
    if (end > begin && bytes > gate_bytes_max) break;
    ++end;
  }
  return end;
}

result<std::vector<task_id>> gate_client::enqueue(const std::vector<insert_row>& rows) {
  parts& p = *parts_;
  if (!p.gate) return error{errc::unavailable, "not linked with a gateway"};
  if (rows.empty()) return std::vector<task_id>{};
  std::vector<task_message> tasks;
  tasks.reserve(rows.size());
  for (const insert_row& row : rows) tasks.push_back(to_message(row));
  caf::scoped_actor self{p.system};
  result<std::vector<task_id>> made{error{errc::in_doubt, "no answer from the gateway"}};
  self->request(p.gate, p.settings.patience + 1s, enqueue_atom_v, std::move(tasks), rows.front().token)
      .receive(
          [&](const enqueue_answer& answer) {
            if (answer.failed == 0)
              made = answer.ids;
            else
              made = to_error(answer);
          },
          [&](const caf::error& why) {
            made = error{errc::in_doubt, "no answer from the gateway: " + p.system.render(why)};
          });
  if (made && made->size() != rows.size())
    made = error{errc::in_doubt, "the gateway answered for another number of tasks"};
  if (!made && (made.error().code == errc::in_doubt || made.error().code == errc::unavailable)) p.hang_up();
  return made;
}

}  // namespace weir::actors
