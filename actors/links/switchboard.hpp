// What the transport's thread owns: the listening socket, the dials and greetings under way, the links.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "actors/links/asio.hpp"
#include "actors/links/dialing.hpp"
#include "actors/links/greeting.hpp"
#include "actors/links/live_link.hpp"
#include "actors/links/transport.hpp"

namespace weir::actors::links {

/// Threads: every method on the transport's, but construction and listen(), which come before it starts.
class switchboard : public std::enable_shared_from_this<switchboard> {
 public:
  switchboard(const std::shared_ptr<asio::io_context>& io, transport_options options,
              std::shared_ptr<asio::ssl::context> tls);

  /// Binds; blocks while it looks a name up.
  /// @return the actual "host:port"
  /// @errors invalid, conflict, unavailable
  result<host_port> listen(const host_port& where);
  void begin();

  void dial(std::string address, expected_peer expected, transport::dial_answer answer);
  void answer(link_id id, std::string frame);
  void close(link_id id, std::string why);
  void become(std::int64_t node_id, const std::string& cluster);
  /// Ends everything; the thread then runs out of work.
  void shut_down();

 private:
  /// A connection between TCP and hello.
  struct newcomer {
    std::shared_ptr<greeting> talk;
    std::string remote;
    asio::ip::address from;
    bool dialed = false;
    expected_peer expected;
    transport::dial_answer answer;  // dialed
  };

  void accept_next();
  void accept_one();
  void make_room();
  void greet(tcp::socket socket, newcomer who);
  void greeted(std::uint64_t number, greeting_outcome outcome);
  void join(newcomer who, const hello& peer);
  void listen_to_producer(newcomer who, const hello& peer);
  std::function<void(std::string)> forget(link_event event);
  void turn_away(newcomer who, const greeting_outcome& outcome);
  void end_all(const std::string& why);
  void tell(const link_event& event) const;

  asio::io_context& io_;  // what waits in it may hold this, so this must not hold it
  transport_options options_;
  std::shared_ptr<asio::ssl::context> tls_;
  std::shared_ptr<look_up> names_;
  tcp::acceptor acceptor_;
  asio::steady_timer breath_;  // before accepting again, when there is no descriptor left
  std::map<std::uint64_t, std::shared_ptr<dialing>> dials_;
  std::map<std::uint64_t, newcomer> newcomers_;  // by number, so the first is the oldest
  std::map<link_id, std::shared_ptr<live_link>> links_;
  std::uint64_t numbers_ = 0;
  link_id link_numbers_ = 0;
  bool stopping_ = false;
};

}  // namespace weir::actors::links
