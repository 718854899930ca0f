// One link at work: bytes from the peer to the local end, vetted, and back. One buffer per direction, and
// nothing is read while it is full, so whoever reads slowly slows down whoever writes, and nothing grows.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "actors/links/asio.hpp"
#include "actors/links/bounds.hpp"
#include "actors/links/frame_check.hpp"
#include "actors/links/live_link.hpp"
#include "actors/links/wire.hpp"

namespace weir::actors::links {

/// Threads: the transport's. Asio writes with MSG_NOSIGNAL, so an end that is gone is an error, not a SIGPIPE.
class relay final : public live_link, public std::enable_shared_from_this<relay> {
 public:
  using local_socket = asio::local::stream_protocol::socket;
  using closed = std::function<void(std::string why)>;

  /// @param vetted     CAF is behind the local end; else whoever reads there checks what comes
  /// @param on_closed  once, and never from inside start(): either side ended, a bad frame, or close().
  relay(std::unique_ptr<wire> peer, local_socket local, bool vetted, closed on_closed);

  void start() override;
  void close(std::string why) override;

 private:
  void take_in();
  void send_out();

  std::unique_ptr<wire> peer_;
  local_socket local_;
  const bool vetted_;
  closed on_closed_;
  frame_check check_;
  std::array<char, relay_buffer_bytes> in_;
  std::array<char, relay_buffer_bytes> out_;
};

}  // namespace weir::actors::links
