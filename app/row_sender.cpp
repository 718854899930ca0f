// The way in for programs and commands: finds a gateway, keeps a line to it, sends again what got no answer.
#include "app/row_sender.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <mutex>
#include <optional>
#include <random>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <weir/defaults.hpp>

#include "actors/gate_client.hpp"
#include "domain/message_token.hpp"
#include "domain/task_bounds.hpp"
#include "drivers/postgres/postgres_driver.hpp"

namespace weir::app {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// How often gateways are looked for while tasks go by SQL, and how many are tried then: a dial that fails costs
/// seconds, and all callers wait for it.
constexpr auto look_again = 10s;
constexpr std::size_t tries = 3;
/// A node that shows no beat for so long is not worth a dial.
constexpr double beat_seconds = 3;

/// How often one message is sent again after its answer was lost or its link was gone.
constexpr int resends = 3;

const std::string gateway_scheme = "weir://";

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> all;
  std::istringstream text(list);
  for (std::string one; std::getline(text, one, ',');) {
    if (!one.empty()) all.push_back(one);
  }
  return all;
}

/// Of an enqueue whose first messages were taken.
error began(error why, std::size_t done, std::size_t total) {
  if (done == 0) return why;
  if (why.code == errc::unavailable) why.code = errc::in_doubt;  // some are there: look
  why.message +=
      " (the first " + std::to_string(done) + " of " + std::to_string(total) + " tasks were enqueued)";
  return why;
}

/// A gateway to try; of a url only the address is known.
struct gateway {
  std::string address;
  std::string name;
  node_id id = 0;
};

class gateway_sender final : public row_sender {
 public:
  gateway_sender(const std::string& url, client_options wanted);
  result<std::vector<task_id>> send(std::vector<insert_row> rows) override;

 private:
  client_options options_;
  std::vector<std::string> gateways_;  ///< of the url
  std::unique_ptr<driver> database_;   ///< null: gateways only
  std::unique_ptr<console_store> console_;
  std::unique_ptr<task_store> tasks_;
  std::unique_ptr<actors::gate_client> gate_;
  clock::time_point look_at_{};
  std::mt19937_64 dice_{std::random_device{}()};

  std::string cluster_;  ///< of the database, once known

  result<std::vector<task_id>> by_sql(const std::vector<insert_row>& rows);
  result<std::vector<task_id>> send_message(const std::vector<insert_row>& rows);
  result<void> link();
  std::vector<gateway> candidates();
};

std::vector<gateway> gateway_sender::candidates() {
  std::vector<gateway> found;
  for (const std::string& address : gateways_) found.push_back({address, {}, 0});
  if (!database_) return found;
  if (cluster_.empty()) {
    const auto here = database_->open_membership()->identify();
    if (!here) return found;
    cluster_ = here->cluster;
  }
  if (!console_) console_ = database_->open_console();
  const auto rows = console_->rows();
  if (!rows) {
    console_.reset();
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
result<void> gateway_sender::link() {
  if (gate_ && gate_->connected()) return {};
  if (database_ && clock::now() < look_at_) return error{errc::unavailable, "no gateway"};
  error last{errc::unavailable, "no gateway"};
  for (const gateway& one : candidates()) {
    if (!gate_) {
      gate_link_options who;
      who.name = options_.name;
      who.cert = options_.cert;
      who.key = options_.key;
      who.ca = options_.ca;
      who.cluster = cluster_;
      gate_ = std::make_unique<actors::gate_client>(who);
    }
    const result<void> linked = gate_->connect(one.address, one.name, one.id);
    if (linked) return {};
    last = {linked.error().code, "gateway " + one.address + ": " + linked.error().message};
  }
  look_at_ = clock::now() + look_again;
  return last;
}

/// One message, by whatever way there is. Where an answer was lost it is sent again, elsewhere if need be: its token
/// makes that one enqueue.
result<std::vector<task_id>> gateway_sender::send_message(const std::vector<insert_row>& rows) {
  std::optional<error> doubt;
  const auto in_the_end = [&](error why) { return doubt ? *doubt : std::move(why); };
  for (int tried = 0;; ++tried) {
    if (const auto linked = link(); !linked) {
      if (!database_) return in_the_end(linked.error());
      auto made = by_sql(rows);
      if (!made) return in_the_end(made.error());
      return made;
    }
    auto made = gate_->enqueue(rows);
    if (made) return made;
    const bool doubtful = made.error().code == errc::in_doubt;
    if (doubtful) doubt = made.error();
    const bool gone = made.error().code == errc::unavailable && !gate_->connected();
    if (tried == resends || !(doubtful || gone)) return in_the_end(made.error());
  }
}

result<std::vector<task_id>> gateway_sender::send(std::vector<insert_row> rows) {
  std::vector<task_id> ids;
  std::size_t begin = 0;
  while (begin < rows.size()) {
    const std::size_t end = actors::gate_client::message_end(rows, begin);
    const auto at = rows.begin() + static_cast<std::ptrdiff_t>(begin);
    std::vector<insert_row> message(std::make_move_iterator(at),
                                    std::make_move_iterator(at + static_cast<std::ptrdiff_t>(end - begin)));
    const std::string token = domain::make_message_token(
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()), dice_(),
        dice_());
    for (insert_row& row : message) row.token = token;
    const auto made = send_message(message);
    if (!made) return began(made.error(), ids.size(), rows.size());
    ids.insert(ids.end(), made->begin(), made->end());
    begin = end;
  }
  return ids;
}

result<std::vector<task_id>> gateway_sender::by_sql(const std::vector<insert_row>& rows) {
  if (!tasks_) tasks_ = database_->open_tasks();
  auto made = tasks_->insert(rows);
  // The session may have been lost while idle, or just now.
  const auto lost = [&] {
    return !made && (made.error().code == errc::unavailable || made.error().code == errc::in_doubt);
  };
  std::optional<error> doubt;
  for (int tried = 0; lost() && tried < resends; ++tried) {
    if (made.error().code == errc::in_doubt) doubt = made.error();
    if (!tasks_->reconnect()) break;
    made = tasks_->insert(rows);
  }
  if (!made) {
    if (lost()) tasks_.reset();
    return doubt ? *doubt : made.error();
  }
  std::vector<task_id> ids;
  for (const inserted& one : *made) ids.push_back(one.id);
  return ids;
}

gateway_sender::gateway_sender(const std::string& url, client_options wanted) : options_(std::move(wanted)) {
  if (url.rfind(gateway_scheme, 0) == 0) {
    gateways_ = split(url.substr(gateway_scheme.size()));
    if (gateways_.empty()) throw std::invalid_argument("weir::client: '" + url + "' names no gateway");
    return;
  }
  if (url.rfind("postgres://", 0) != 0 && url.rfind("postgresql://", 0) != 0)
    throw std::invalid_argument("weir::client: the url must begin with postgres:// or weir://");
  postgres::options where;
  where.url = url;
  where.schema = options_.schema;
  where.application_name = "weir " + options_.name;
  where.needs = postgres::needed_rights::node;  // it looks for gateways besides
  database_ = postgres::make_driver(where);
}

}  // namespace

std::unique_ptr<row_sender> make_row_sender(const std::string& url, client_options options) {
  return std::make_unique<gateway_sender>(url, std::move(options));
}

}  // namespace weir::app
