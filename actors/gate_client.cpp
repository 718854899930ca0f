#include "actors/gate_client.hpp"

#include <utility>

#include "actors/gate.hpp"
#include "actors/outside_asker.hpp"

namespace weir::actors {

using namespace std::chrono_literals;

namespace {

struct system_config : caf::actor_system_config {
  system_config() {
    prepare_for_gates(*this);
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
  }
};

}  // namespace

struct gate_client::parts {
  explicit parts(gate_link_options options) : patience(options.patience), link(system, std::move(options)) {}

  std::chrono::milliseconds patience;
  system_config config;
  caf::actor_system system{config};
  gate_link link;
};

gate_client::gate_client(gate_link_options options) : parts_(std::make_unique<parts>(std::move(options))) {
  let_go_of_system();
}

gate_client::~gate_client() = default;

bool gate_client::connected() const { return static_cast<bool>(parts_->link.gate()); }

result<void> gate_client::connect(const std::string& address, const std::string& name, node_id id) {
  if (const auto gate = parts_->link.connect(address, name, id); !gate) return gate.error();
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
  const gate_actor gate = p.link.gate();
  if (!gate) return error{errc::unavailable, "not linked with a gateway"};
  if (rows.empty()) return std::vector<task_id>{};
  std::vector<task_message> tasks;
  tasks.reserve(rows.size());
  for (const insert_row& row : rows) tasks.push_back(to_message(row));
  const outside_asker self{p.system};
  result<std::vector<task_id>> made{error{errc::in_doubt, "no answer from the gateway"}};
  self->request(gate, p.patience + 1s, enqueue_atom_v, std::move(tasks), rows.front().token)
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
  if (!made && (made.error().code == errc::in_doubt || made.error().code == errc::unavailable))
    p.link.hang_up();
  return made;
}

}  // namespace weir::actors
