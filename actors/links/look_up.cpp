#include "actors/links/look_up.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <system_error>
#include <thread>
#include <utility>

#include "actors/links/bounds.hpp"

namespace weir::actors::links {

std::vector<std::string> addresses_of(const std::string& host) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &wanted, &list) != 0) return {};
  std::vector<std::string> found;
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    std::array<char, 64> text{};
    const auto bytes = static_cast<socklen_t>(text.size());
    if (::getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), bytes, nullptr, 0, NI_NUMERICHOST) == 0) {
      found.emplace_back(text.data());
    }
  }
  ::freeaddrinfo(list);
  return found;
}

look_up::look_up(std::weak_ptr<asio::io_context> io, system_call call)
    : io_(std::move(io)), call_(call ? std::move(call) : addresses_of) {}

void look_up::ask(const std::string& host, answer then) {
  error_code no_address;
  const auto literal = asio::ip::make_address(host, no_address);
  if (!no_address) return then(std::vector<asio::ip::address>{literal});
  if (const auto asked = waiting_.find(host); asked != waiting_.end()) {
    asked->second.push_back(std::move(then));
    return;
  }
  if (waiting_.size() >= look_ups_at_once) {
    return then(error{errc::overloaded, "too many host names are being looked up"});
  }
  waiting_[host].push_back(std::move(then));
  // The thread keeps Asio alive but not the transport: it may end long after stop().
  const auto io = io_.lock();
  const auto work = [io, call = call_, host, asker = weak_from_this()] {
    asio::post(*io, [asker, host, addresses = call(host)] {
      if (const auto self = asker.lock()) self->found(host, addresses);
    });
  };
  try {
    std::thread{work}.detach();
  } catch (const std::system_error&) {
    asio::post(*io, [self = shared_from_this(), host] { self->found(host, {}); });
  }
}

void look_up::found(const std::string& host, const std::vector<std::string>& addresses) {
  auto held = waiting_.extract(host);
  if (held.empty()) return;
  std::vector<asio::ip::address> parsed;
  for (const std::string& text : addresses) {
    error_code bad;
    const auto address = asio::ip::make_address(text, bad);
    if (!bad && parsed.size() < addresses_tried) parsed.push_back(address);
  }
  for (const answer& then : held.mapped()) {
    if (parsed.empty()) {
      then(error{errc::unavailable, "the host name " + host + " has no address"});
    } else {
      then(parsed);
    }
  }
}

}  // namespace weir::actors::links
