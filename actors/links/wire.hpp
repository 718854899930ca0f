// One TCP connection, plain or encrypted, with the same calls either way.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <weir/result.hpp>

#include "actors/links/asio.hpp"

namespace weir::actors::links {

/// One read and one write may be under way at once. Threads: the transport's.
class wire {
 public:
  using done = std::function<void(const error_code&, std::size_t)>;

  /// @param tls  nullptr: plain. Must outlive nothing: the session keeps its own hold on it.
  wire(tcp::socket socket, asio::ssl::context* tls);

  /// At once when plain.
  void handshake(bool accepting, std::function<void(const error_code&)> answer);
  void read_some(asio::mutable_buffer into, done answer);
  void read_all(asio::mutable_buffer into, done answer);
  void write_all(asio::const_buffer from, done answer);

  /// Tells the peer that nothing more comes; what it still sends can be read.
  void end_sending();
  /// Ends everything under way. No TLS good-bye: what a link carries tells itself where it ends.
  void close();

  /// nullptr: plain.
  SSL* session();
  /// What went wrong, for people: the certificate's fault, where there is one.
  std::string explain(const error_code& code);

 private:
  tcp::socket& socket();

  std::optional<tcp::socket> plain_;
  std::unique_ptr<asio::ssl::stream<tcp::socket>> encrypted_;
};

/// What `code` says, for people; Asio has no words for what OpenSSL 3 reports of the system.
std::string text_of(const error_code& code);

/// Close-on-exec from the first moment, unlike Asio's own: runner processes are started at any time.
result<tcp::socket> open_socket(asio::io_context& io, const tcp& family);
/// No delay, keepalive, and an end to silence: best effort.
void tune(tcp::socket& socket, std::chrono::milliseconds silence);

}  // namespace weir::actors::links
