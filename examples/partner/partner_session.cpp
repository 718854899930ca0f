// Connect, log in, ask, on one blocking socket that is only ever waited for in short slices.
#include "partner_session.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace partner {
namespace {

using clock = std::chrono::steady_clock;
constexpr std::chrono::seconds patience{5};
constexpr int slice_ms = 100;

}  // namespace

session::~session() { shut(); }

void session::shut() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  unread_.clear();
}

std::string session::broken(const std::string& what) {
  const std::string why = std::strerror(errno);
  shut();
  return "partner " + address_ + ": " + what + ": " + why;
}

std::string session::open(const std::string& node, const std::string& token,
                          const std::function<bool()>& stop) {
  const auto colon = address_.rfind(':');
  const std::string host = address_.substr(0, colon);
  sockaddr_in place{};
  place.sin_family = AF_INET;
  if (colon == std::string::npos || inet_pton(AF_INET, host.c_str(), &place.sin_addr) != 1) {
    return "PARTNER_ADDRESS: \"" + address_ + "\" is not IP:PORT";
  }
  place.sin_port = htons(static_cast<std::uint16_t>(std::strtoul(address_.c_str() + colon + 1, nullptr, 10)));
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return broken("socket");
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0) return broken("connect");
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  std::string refusal = ask({{"op", "LOGIN"}, {"node", node}, {"token", token}}, stop);
  if (!refusal.empty()) shut();
  return refusal;
}

std::string session::ask(const nlohmann::json& request, const std::function<bool()>& stop) {
  const std::string line = request.dump() + "\n";
  const ssize_t sent = send(fd_, line.data(), line.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(line.size())) return broken("send");
  const auto end = clock::now() + patience;
  for (;;) {
    const auto newline = unread_.find('\n');
    if (newline != std::string::npos) {
      const auto answer = nlohmann::json::parse(unread_.substr(0, newline), nullptr, false);
      unread_.erase(0, newline + 1);
      if (answer.is_object() && answer.value("ok", false)) return {};
      return answer.is_object() ? answer.value("error", "refused") : "the partner's answer is not JSON";
    }
    // Half an answer must never be taken for the answer to the next question: the session ends with it.
    if (stop() || clock::now() >= end) {
      errno = ETIMEDOUT;
      return broken("no answer");
    }
    pollfd answer{fd_, POLLIN, 0};
    if (poll(&answer, 1, slice_ms) <= 0) continue;
    char buffer[4096];
    const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
    if (got == 0) errno = ECONNRESET;
    if (got <= 0) return broken("receive");
    unread_.append(buffer, static_cast<std::size_t>(got));
  }
}

std::string session::log_in(const std::string& node, std::uint64_t token, const std::function<bool()>& stop) {
  const std::lock_guard turn{turn_};
  return fd_ < 0 ? open(node, std::to_string(token), stop) : std::string{};
}

void session::log_out() {
  const std::lock_guard turn{turn_};
  shut();
}

std::string session::update(const std::string& node, std::uint64_t token, const nlohmann::json& data,
                            const std::function<bool()>& stop) {
  const std::lock_guard turn{turn_};
  const std::string written = std::to_string(token);
  if (fd_ < 0) {  // the partner hung up meanwhile
    std::string refusal = open(node, written, stop);
    if (!refusal.empty()) return refusal;
  }
  nlohmann::json request = data;
  request["op"] = "UPDATE";
  request["token"] = written;
  return ask(request, stop);
}

}  // namespace partner
