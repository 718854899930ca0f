// Accepting connections, and the thread on which they live.
#include "http/server.hpp"

#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/connection.hpp"

namespace weir::http {

using asio::ip::tcp;

namespace {

/// So many are told that there is no room; others are just closed.
constexpr std::size_t turned_away_at_once = 50;

}  // namespace

struct server::parts {
  explicit parts(server_settings settings, handler answer) {
    shared.settings = std::move(settings);
    shared.answer = std::move(answer);
  }

  server_state shared;
  tcp::acceptor acceptor{*shared.io};
  asio::steady_timer pause{*shared.io};
  std::string address;
  std::thread thread;

  result<void> listen();
  void accept_next();
  void begin(tcp::socket socket);
  void stop();
};

result<void> server::parts::listen() {
  const auto& wanted = shared.settings;
  const std::string text = wanted.host + ":" + wanted.port;
  boost::system::error_code why;
  const auto found = tcp::resolver{*shared.io}.resolve(wanted.host, wanted.port, tcp::resolver::passive, why);
  if (why || found.empty()) return error{errc::invalid, text + ": " + why.message()};
  const tcp::endpoint at = found.begin()->endpoint();
  acceptor.open(at.protocol(), why);
  if (!why) acceptor.set_option(tcp::acceptor::reuse_address{true}, why);
  if (!why) acceptor.bind(at, why);
  if (!why) acceptor.listen(asio::socket_base::max_listen_connections, why);
  if (why == asio::error::address_in_use) return error{errc::conflict, text + ": " + why.message()};
  if (why) return error{errc::invalid, text + ": " + why.message()};
  const tcp::endpoint real = acceptor.local_endpoint();
  const std::string host = real.address().to_string();
  address = (real.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(real.port());
  return {};
}

void server::parts::begin(tcp::socket socket) {
  const std::size_t busy = shared.open.size();
  if (busy >= shared.settings.connections + turned_away_at_once) return;  // closes it
  const bool room = busy < shared.settings.connections;
  const auto made = std::make_shared<connection>(std::move(socket), shared);
  shared.open.insert(made);
  if (room)
    made->begin();
  else
    made->turn_away();
}

void server::parts::accept_next() {
  acceptor.async_accept([this](boost::system::error_code why, tcp::socket socket) {
    if (!acceptor.is_open()) return;  // stopped, whatever was on its way
    if (!why) {
      begin(std::move(socket));
      return accept_next();
    }
    // Out of descriptors, most likely: some will come free.
    pause.expires_after(std::chrono::milliseconds{100});
    pause.async_wait([this](boost::system::error_code cut) {
      if (!cut && acceptor.is_open()) accept_next();
    });
  });
}

void server::parts::stop() {
  asio::post(*shared.io, [this] {
    boost::system::error_code ignored;
    acceptor.close(ignored);
    pause.cancel();
    const auto all = shared.open;
    for (const auto& each : all) each->close();
  });
  thread.join();
}

result<std::unique_ptr<server>> server::start(server_settings settings, handler answer) {
  auto made = std::make_unique<parts>(std::move(settings), std::move(answer));
  if (auto listens = made->listen(); !listens) return listens.error();
  made->accept_next();
  parts& running = *made;
  made->thread = std::thread([&running] { running.shared.io->run(); });
  return std::unique_ptr<server>(new server(std::move(made)));
}

server::server(std::unique_ptr<parts> made) : parts_(std::move(made)) {}
server::~server() { parts_->stop(); }
const std::string& server::address() const { return parts_->address; }

}  // namespace weir::http
