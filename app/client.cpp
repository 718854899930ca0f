// weir::client: by actor message where a gateway can be reached, else by SQL.
#include <weir/client.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <random>
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

/// How often gateways are looked for while tasks go by SQL, and how many are tried then: a dial that fails costs
/// seconds, and all callers wait for it.
constexpr auto look_again = 10s;
constexpr std::size_t tries = 3;
/// A node that shows no beat for so long is not worth a dial.
constexpr double beat_seconds = 3;

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

/// A gateway to try; of a url only the address is known.
struct gateway {
  std::string address;
  std::string name;
  node_id id = 0;
};

}  // namespace

struct client::parts {
  client_options options;
  std::mutex turn;
  std::vector<std::string> gateways;  ///< of the url
  std::unique_ptr<driver> database;   ///< null: gateways only
  std::unique_ptr<console_store> console;
  std::unique_ptr<task_store> tasks;
  std::unique_ptr<actors::gate_client> gate;
  clock::time_point look_at{};

  std::string cluster;  ///< of the database, once known

  result<std::vector<task_id>> by_sql(const std::vector<insert_row>& rows);
  result<std::vector<task_id>> send(const std::vector<insert_row>& rows);
  result<void> link();
  std::vector<gateway> candidates();
};

std::vector<gateway> client::parts::candidates() {
  std::vector<gateway> found;
  for (const std::string& address : gateways) found.push_back({address, {}, 0});
  if (!database) return found;
  if (cluster.empty()) {
    const auto here = database->open_membership()->identify();
    if (!here) return found;
    cluster = here->cluster;
  }
  if (!console) console = database->open_console();
  const auto rows = console->rows();
  if (!rows) {
    console.reset();
    return found;
  }
  for (const node_row& node : rows->nodes) {
    const bool works = node.state == node_state::active && !node.drain_wanted;
    if (works && !node.facts.address.empty() && node.beat_age_seconds < beat_seconds)
      found.push_back({node.facts.address, node.facts.name, node.id});
  }
  std::shuffle(found.begin(), found.end(), std::mt19937{std::random_device{}()});
  if (found.size() > tries) found.resize(tries);
  return found;
}

/// Links with the first gateway that answers.
result<void> client::parts::link() {
  if (gate && gate->connected()) return {};
  if (database && clock::now() < look_at) return error{errc::unavailable, "no gateway"};
  error last{errc::unavailable, "no gateway"};
  for (const gateway& one : candidates()) {
    if (!gate) {
      gate = std::make_unique<actors::gate_client>(actors::gate_line_settings{
          options.name, cluster, options.cert, options.key, options.ca, actors::answer_patience});
    }
    const result<void> linked = gate->connect(one.address, one.name, one.id);
    if (linked) return {};
    last = {linked.error().code, "gateway " + one.address + ": " + linked.error().message};
  }
  look_at = clock::now() + look_again;
  return last;
}

/// By the link that is there; one that turns out to be gone, and nothing was sent, is replaced once.
result<std::vector<task_id>> client::parts::send(const std::vector<insert_row>& rows) {
  for (int tried = 0;; ++tried) {
    if (const auto linked = link(); !linked) {
      if (database) return by_sql(rows);
      return linked.error();
    }
    auto answer = gate->enqueue(rows);
    const bool again =
        !answer && answer.error().code == errc::unavailable && !gate->connected() && tried == 0;
    if (!again) return answer;
  }
}

result<std::vector<task_id>> client::parts::by_sql(const std::vector<insert_row>& rows) {
  if (!tasks) tasks = database->open_tasks();
  auto made = tasks->insert(rows);
  // A session that was lost while idle: nothing was sent.
  if (!made && made.error().code == errc::unavailable && tasks->reconnect()) made = tasks->insert(rows);
  if (!made) {
    if (made.error().code == errc::in_doubt) tasks.reset();
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
  return parts_->send(*rows);
}

}  // namespace weir
