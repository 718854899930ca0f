#include "app/notify_socket.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/time.h>
#include <unistd.h>

#include "domain/task_bounds.hpp"

namespace weir::app {

result<notify_socket> notify_socket::at(const std::string& address) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  const bool abstract = !address.empty() && address.front() == '@';
  if ((!abstract && (address.empty() || address.front() != '/')) || address.size() < 2 ||
      address.size() >= sizeof to.sun_path) {
    return error{errc::invalid, "NOTIFY_SOCKET: " + domain::in_quotes(address) +
                                    " is neither an absolute path nor @ with a name, of 2 to 107 bytes"};
  }
  std::memcpy(to.sun_path, address.data(), address.size());
  if (abstract) to.sun_path[0] = '\0';
  // An abstract name has no end of its own: every byte that is passed belongs to it.
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size() + (abstract ? 0 : 1));
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return error{errc::unavailable, std::string{"NOTIFY_SOCKET: "} + std::strerror(errno)};
  const timeval patience{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return notify_socket{fd, to, length};
}

notify_socket::notify_socket(notify_socket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), to_(other.to_), length_(other.length_) {}

notify_socket::~notify_socket() {
  if (fd_ >= 0) ::close(fd_);
}

result<void> notify_socket::send(std::string_view lines) const {
  const auto* to = reinterpret_cast<const sockaddr*>(&to_);
  for (;;) {
    const auto sent = ::sendto(fd_, lines.data(), lines.size(), MSG_NOSIGNAL, to, length_);
    if (sent >= 0) return {};
    if (errno != EINTR)
      return error{errc::unavailable, std::string{"NOTIFY_SOCKET: "} + std::strerror(errno)};
  }
}

}  // namespace weir::app
