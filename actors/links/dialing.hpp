// One dial, from "host:port" to a connected socket, under one deadline.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/result.hpp>

#include "actors/links/address.hpp"
#include "actors/links/asio.hpp"
#include "actors/links/look_up.hpp"

namespace weir::actors::links {

/// Threads: the transport's.
class dialing : public std::enable_shared_from_this<dialing> {
 public:
  using done = std::function<void(result<tcp::socket>)>;

  /// @param encrypted  false: only loopback is dialed, since plain bytes stay on one machine.
  dialing(asio::io_context& io, host_port to, bool encrypted, std::chrono::milliseconds deadline,
          done answer);

  /// Answers once; may answer from inside this call.
  void start(look_up& names);
  /// Answers with unavailable, unless it has answered.
  void cancel(std::string why);

 private:
  void next();
  void finish(result<tcp::socket> outcome);

  asio::io_context& io_;
  host_port to_;
  bool encrypted_;
  std::chrono::steady_clock::time_point until_;
  done answer_;
  asio::steady_timer deadline_;  // of all, first; then of the address being tried
  std::vector<asio::ip::address> addresses_;
  std::size_t tried_ = 0;
  std::optional<tcp::socket> socket_;
  std::string why_;
};

}  // namespace weir::actors::links
