// The HTTP server: sockets, time-outs and bounds. What is answered is the handler's.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/result.hpp>

#include "http/message.hpp"

namespace weir::http {

struct server_settings {
  std::string host;  ///< an address of this machine, or "localhost"
  std::string port;  ///< "0": any free one
  std::string base_path = "/";
  /// Bytes of a body, by path: larger ones are answered 413. The head of a request has 16 KiB.
  std::function<std::size_t(const std::vector<std::string>& path)> body_limit;
  /// Looks at a request before its body is read; nullopt: go on. May be empty.
  std::function<std::optional<reply>(request& head)> refuse_head;
  std::size_t connections = 1000;                    ///< beyond: 503 at once
  std::size_t bodies = std::size_t{64} << 20U;       ///< bytes of all bodies at one time; beyond: 429
  std::chrono::milliseconds read_patience{10'000};   ///< for a whole request, once it has begun
  std::chrono::milliseconds idle_patience{60'000};   ///< between two requests of a connection
  std::chrono::milliseconds write_patience{20'000};  ///< for a client to take what it asked for
};

/// One thread of its own for all connections. HTTP/1.0 and 1.1, plain.
class server {
 public:
  /// Answers on the server's thread or later from any other; must not block or throw.
  using handler = std::function<void(request, respond)>;

  /// Listens. @errors invalid (an address that is none of this machine's), conflict (taken), unavailable
  static result<std::unique_ptr<server>> start(server_settings settings, handler answer);
  /// Closes all connections; answers that come later are dropped.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// "127.0.0.1:7711", the real port.
  const std::string& address() const;

 private:
  struct parts;
  explicit server(std::unique_ptr<parts> made);
  std::unique_ptr<parts> parts_;
};

}  // namespace weir::http
