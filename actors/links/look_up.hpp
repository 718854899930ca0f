// Host names to addresses, beside the transport's thread: the system's look-up blocks, for half a minute where a
// name server is silent, and can't be ended. Each name has a thread of its own, so that none delays another.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <weir/result.hpp>

#include "actors/links/asio.hpp"

namespace weir::actors::links {

/// Threads: the transport's.
class look_up : public std::enable_shared_from_this<look_up> {
 public:
  using answer = std::function<void(result<std::vector<asio::ip::address>>)>;
  using system_call = std::function<std::vector<std::string>(const std::string& host)>;

  /// @param call  asked on threads of its own; empty: getaddrinfo.
  look_up(std::weak_ptr<asio::io_context> io, system_call call);

  /// Answers on the transport's thread, at once for an address. A name that is being looked up already is
  /// not asked for again.
  /// @errors unavailable: the name has no address; overloaded: too many are being looked up
  void ask(const std::string& host, answer then);

 private:
  void found(const std::string& host, const std::vector<std::string>& addresses);

  std::weak_ptr<asio::io_context> io_;
  system_call call_;
  std::map<std::string, std::vector<answer>> waiting_;
};

/// getaddrinfo for TCP; empty: none. Blocks.
std::vector<std::string> addresses_of(const std::string& host);

}  // namespace weir::actors::links
