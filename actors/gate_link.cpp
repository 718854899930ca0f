// weir::gate_link: a link to a node's gate, for whichever actor system.
#include <map>
#include <utility>

#include "actors/caf_door.hpp"
#include "actors/gate.hpp"
#include "actors/links/program_way.hpp"

namespace weir {

namespace {

using namespace std::chrono_literals;

/// For the gate behind a link that is up: one round trip.
constexpr auto gate_patience = 3s;

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
                         actors::to_answer({errc::in_doubt, "the link to the gateway broke"}));
  });
  const auto send = [=](const std::vector<task_message>& tasks,
                        const std::string& token) -> caf::result<enqueue_answer> {
    if (self->state.down) return actors::to_answer({errc::unavailable, "the gateway is gone"});
    auto promise = self->make_response_promise<enqueue_answer>();
    const std::uint64_t number = ++self->state.last;
    self->state.open.emplace(number, promise);
    self->request(gate, patience, enqueue_atom_v, tasks, token)
        .then([=](const enqueue_answer& reply) { self->state.answer(number, reply); },
              [=](const caf::error& why) {
                self->state.answer(
                    number, actors::to_answer({errc::in_doubt,
                                               "no answer from the gateway: " + self->system().render(why)}));
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

struct gate_link::parts {
  parts(caf::actor_system& of, const gate_link_options& options)
      : system(of), patience(options.patience), way(options, actors::links::peer_role::client) {}

  caf::actor_system& system;
  const std::chrono::milliseconds patience;
  actors::links::program_way way;
  gate_actor line;

  void hang_up();
};

void gate_link::parts::hang_up() {
  if (line) caf::anon_send_exit(line, caf::exit_reason::user_shutdown);
  line = gate_actor{};
  way.hang_up();
}

gate_link::gate_link(caf::actor_system& system, gate_link_options options)
    : parts_(std::make_unique<parts>(system, options)) {}

gate_link::~gate_link() { parts_->hang_up(); }

result<gate_actor> gate_link::connect(const std::string& address, const std::string& name,
                                      std::int64_t incarnation) {
  parts& p = *parts_;
  p.hang_up();
  result<actors::links::link> found = p.way.connect(address, {name, incarnation});
  if (!found) return found.error();
  result<gate_actor> gate = actors::gate_behind(p.system, found->end.release(), gate_patience);
  if (!gate) {
    p.hang_up();
    return gate.error();
  }
  p.line = p.system.spawn(line, *gate, p.patience);
  return p.line;
}

void gate_link::hang_up() { parts_->hang_up(); }
gate_actor gate_link::gate() const { return parts_->line; }

void prepare_for_gates(caf::actor_system_config& config) { actors::prepare_for_links(config); }

}  // namespace weir
