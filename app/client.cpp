// weir::client: by actor message where a gateway can be reached, else by SQL.
#include <weir/client.hpp>

#include <chrono>
#include <mutex>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <weir/defaults.hpp>

#include "actors/gate_client.hpp"
#include "domain/task_bounds.hpp"
#include "drivers/postgres/postgres_driver.hpp"

namespace weir {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// How often gateways are looked for while tasks go by SQL: a dial that fails costs seconds.
constexpr auto look_again = 10s;

const std::string gateway_scheme = "weir://";

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> all;
  std::istringstream text(list);
  for (std::string one; std::getline(text, one, ',');) {
    if (!one.empty()) all.push_back(one);
  }
  return all;
}

result<std::vector<insert_row>> rows_of(const std::vector<new_task>& tasks, const std::string& who) {
  std::vector<insert_row> rows;
  rows.reserve(tasks.size());
  for (const new_task& task : tasks) {
    insert_row row;
    row.name = task.name();
    row.key = task.key();
    row.stream = task.stream();
    row.data = task.data().dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    row.do_after = task.do_after();
    row.created_by = task.created_by().value_or(who);
    if (auto good = domain::check_data(row.data, defaults::payload_bytes); !good)
      return error{good.error().code, "task " + domain::in_quotes(row.name) + ": " + good.error().message};
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

struct client::parts {
  client_options options;
  std::mutex turn;
  std::vector<std::string> gateways;  ///< of the url
  std::unique_ptr<driver> database;   ///< null: gateways only
  std::unique_ptr<console_store> console;
  std::unique_ptr<task_store> tasks;
  bool tasks_broken = false;
  std::unique_ptr<actors::gate_client> gate;
  clock::time_point look_at{};

  result<std::vector<task_id>> by_sql(const std::vector<insert_row>& rows);
  result<void> link();
  std::vector<std::string> candidates();
};

std::vector<std::string> client::parts::candidates() {
  if (!database) return gateways;
  std::vector<std::string> found;
  if (!console) console = database->open_console();
  auto view = console->view();
  if (!view) {
    static_cast<void>(console->reconnect());
    return found;
  }
  for (const node_row& node : view->rows.nodes) {
    if (node.state == node_state::active && !node.drain_wanted && !node.facts.address.empty())
      found.push_back(node.facts.address);
  }
  return found;
}

/// Links with the first gateway that answers.
result<void> client::parts::link() {
  if (gate && gate->connected()) return {};
  if (database && clock::now() < look_at) return error{errc::unavailable, "no gateway"};
  look_at = clock::now() + look_again;
  error last{errc::unavailable, "no gateway"};
  for (const std::string& address : candidates()) {
    if (!gate) {
      gate = std::make_unique<actors::gate_client>(
          actors::gate_line_settings{options.name, options.cert, options.key, options.ca});
    }
    const result<void> linked = gate->connect(address);
    if (linked) return {};
    last = {linked.error().code, "gateway " + address + ": " + linked.error().message};
  }
  return last;
}

result<std::vector<task_id>> client::parts::by_sql(const std::vector<insert_row>& rows) {
  if (!tasks) tasks = database->open_tasks();
  if (tasks_broken) {
    if (auto again = tasks->reconnect(); !again) return again.error();
    tasks_broken = false;
  }
  const auto made = tasks->insert(rows);
  if (!made) {
    tasks_broken = made.error().code == errc::unavailable || made.error().code == errc::in_doubt;
    return made.error();
  }
  std::vector<task_id> ids;
  for (const inserted& one : *made) ids.push_back(one.id);
  return ids;
}

client::client(const std::string& url, client_options options) : parts_(std::make_unique<parts>()) {
  parts_->options = std::move(options);
  if (url.rfind(gateway_scheme, 0) == 0) {
    parts_->gateways = split(url.substr(gateway_scheme.size()));
    if (parts_->gateways.empty()) throw std::invalid_argument("weir::client: '" + url + "' names no gateway");
    return;
  }
  if (url.rfind("postgres://", 0) != 0 && url.rfind("postgresql://", 0) != 0)
    throw std::invalid_argument("weir::client: the url must begin with postgres:// or weir://");
  postgres::options where;
  where.url = url;
  where.schema = parts_->options.schema;
  where.application_name = "weir " + parts_->options.name;
  parts_->database = postgres::make_driver(where);
}

client::~client() = default;

result<std::int64_t> client::enqueue(const new_task& task) {
  auto ids = enqueue(std::vector<new_task>{task});
  if (!ids) return ids.error();
  return ids->front();
}

result<std::vector<std::int64_t>> client::enqueue(const std::vector<new_task>& tasks) {
  if (tasks.empty()) return std::vector<std::int64_t>{};
  const auto rows = rows_of(tasks, parts_->options.name);
  if (!rows) return rows.error();
  const std::lock_guard guard(parts_->turn);
  if (const auto linked = parts_->link(); !linked)
    return parts_->database ? parts_->by_sql(*rows) : result<std::vector<task_id>>{linked.error()};
  return parts_->gate->enqueue(*rows);
}

}  // namespace weir
