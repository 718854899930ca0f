// A new connection, from TLS handshake and hello to a link, or to a reason why not. Every step together
// has one deadline; until the hello is there the connection costs a descriptor and a kilobyte.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "actors/links/asio.hpp"
#include "actors/links/hello.hpp"
#include "actors/links/transport.hpp"
#include "actors/links/wire.hpp"

namespace weir::actors::links {

struct greeting_terms {
  bool dialing = false;
  hello me;
  expected_peer expected;                                         ///< dialing
  std::function<std::optional<std::string>(const hello&)> admit;  ///< accepting; may be empty
  std::chrono::milliseconds deadline{0};
};

struct greeting_outcome {
  enum class what { welcome, refused, failed };
  what kind = what::failed;
  std::optional<hello> peer;  ///< as far as it said
  errc code = errc::unavailable;
  std::string why;
};

/// Threads: the transport's.
class greeting : public std::enable_shared_from_this<greeting> {
 public:
  using done = std::function<void(greeting_outcome)>;

  greeting(asio::io_context& io, std::unique_ptr<wire> over, greeting_terms terms, done answer);

  /// Answers once, never from inside this call.
  void start();
  /// Answers that it failed, unless it has answered.
  void cancel(std::string why);
  /// The connection, once it is welcome.
  std::unique_ptr<wire> take_wire() { return std::move(wire_); }

 private:
  void say(std::string bytes, std::function<void()> then);
  void hear(std::function<void(message_head, std::string_view body)> then);
  void begin_dialed();
  void begin_accepted();
  void hear_hello(std::function<void()> then);
  std::optional<std::string> object_to(const hello& peer) const;
  /// Sends the reason and waits until it has been read, within the deadline.
  void decline(const std::string& why);
  void drain();
  void fail(errc code, std::string why);
  void finish(greeting_outcome outcome);

  std::unique_ptr<wire> wire_;
  greeting_terms terms_;
  done answer_;
  asio::steady_timer deadline_;
  std::string said_;  // being written
  std::array<char, message_bytes_max> heard_{};
  greeting_outcome outcome_;
  bool declined_ = false;
  bool finished_ = false;
};

}  // namespace weir::actors::links
