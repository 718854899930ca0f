// One client's connection, on the server's thread. The one header that sees Boost.Beast.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "http/event_hub.hpp"
#include "http/server.hpp"

namespace weir::http {

namespace asio = boost::asio;
namespace beast = boost::beast;

class connection;

/// What the connections of a server share. Used on its thread only.
struct server_state {
  server_settings settings;
  server::handler answer;
  /// Answers may come when the server is gone: they find the context alive, and nobody who runs it.
  std::shared_ptr<asio::io_context> io = std::make_shared<asio::io_context>(1);
  std::set<std::shared_ptr<connection>> open;
  std::size_t bodies = 0;  ///< bytes reserved by bodies that are being read or answered
};

/// Of what has been read and not understood yet: a head, or a piece of a body.
constexpr std::size_t most_buffered = std::size_t{128} << 10U;

class connection : public std::enable_shared_from_this<connection> {
 public:
  connection(asio::ip::tcp::socket socket, server_state& shared);

  void begin();
  /// Says 503 and closes: there are too many.
  void turn_away();
  void close();

 private:
  using parser = beast::http::request_parser<beast::http::string_body>;
  using response = beast::http::response<beast::http::string_body>;

  void read_head();
  void on_head(beast::error_code why);
  void read_body();
  void on_body(beast::error_code why);
  void hand_over();
  void answer_with(const reply& what);
  void refuse(const reply& what);
  void send(const reply& what);
  void on_sent(bool close_now);
  void begin_events(const reply& what);
  event_hub::sink frames();
  void offer(event_hub::frame next);
  void send_event();
  void watch_for_the_end();
  bool reserve(std::size_t bytes);
  void give_back();

  beast::tcp_stream stream_;
  server_state& shared_;
  beast::flat_buffer buffer_{most_buffered};
  std::optional<parser> parser_;
  request asked_;
  std::size_t reserved_ = 0;
  bool head_only_ = false;  ///< HEAD: no body goes out
  bool keep_ = false;
  unsigned version_ = 11;
  std::unique_ptr<response> out_;

  event_hub* hub_ = nullptr;
  std::function<bool()> may_watch_;
  std::uint64_t watcher_ = 0;
  event_hub::frame going_;  ///< being written
  event_hub::frame next_;   ///< the newest one that waits for it
  std::array<char, 4096> ignored_{};
  std::size_t drained_ = 0;  ///< bytes that came after our last word
};

}  // namespace weir::http
