// What ends a wait: a descriptor of the kernel, so that one thread can wait for it and for a socket at once.
#pragma once

#include <chrono>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <system_error>

namespace weir {

/// Rung by any thread, waited for by one. Once rung it stays so until that wait ends. Linux.
class bell {
 public:
  /// @throws std::system_error  no descriptor is left
  bell() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~bell() { ::close(fd_); }
  bell(const bell&) = delete;
  bell& operator=(const bell&) = delete;

  void ring() noexcept {
    const std::uint64_t once = 1;
    [[maybe_unused]] const auto written =
        ::write(fd_, &once, sizeof once);  // fails only where it is rung already
  }

  /// Waits until it is rung, `most` has passed, or `other` (-1 = none) has something to read or is broken.
  /// @return true: `other` has
  bool wait(std::chrono::nanoseconds most, int other = -1) const noexcept {
    pollfd watched[] = {{fd_, POLLIN, 0}, {other, POLLIN, 0}};
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(most);
    const timespec limit{whole.count(), (most - whole).count()};
    if (::ppoll(watched, 2, most.count() > 0 ? &limit : &none, nullptr) <= 0) return false;
    std::uint64_t rung = 0;
    if (watched[0].revents != 0) [[maybe_unused]]
      const auto taken = ::read(fd_, &rung, sizeof rung);
    return watched[1].revents != 0;
  }

 private:
  static constexpr timespec none{0, 0};
  int fd_;
};

}  // namespace weir
