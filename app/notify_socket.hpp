// systemd's notify socket: one datagram says how its service is (sd_notify(3)).
#pragma once

#include <string>
#include <string_view>

#include <sys/socket.h>
#include <sys/un.h>

#include <weir/result.hpp>

namespace weir::app {

/// Threads: `send` from any.
class notify_socket {
 public:
  /// @param address  as NOTIFY_SOCKET has it: "/run/systemd/notify", or "@name" for one of the abstract namespace
  /// @errors invalid: neither of them, or too long (107 bytes); unavailable: no socket can be made
  static result<notify_socket> at(const std::string& address);

  notify_socket(notify_socket&& other) noexcept;
  notify_socket& operator=(notify_socket&& other) = delete;
  ~notify_socket();

  /// Sends lines "NAME=value". Waits a second at most for whoever does not read.
  /// @errors unavailable: nobody reads there
  result<void> send(std::string_view lines) const;

 private:
  notify_socket(int fd, const sockaddr_un& to, socklen_t length) : fd_(fd), to_(to), length_(length) {}

  int fd_;
  sockaddr_un to_;
  socklen_t length_;
};

}  // namespace weir::app
