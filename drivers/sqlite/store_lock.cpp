// Who has the store.
#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "drivers/sqlite/store_file.hpp"

namespace weir::sqlite {

result<store_lock> store_lock::take(const std::filesystem::path& store, const std::string& advice) {
  const std::string path = store.string() + ".lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return error{errc::unavailable, path + ": " + std::strerror(errno)};
  store_lock held(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return error{errc::unavailable, path + ": " + std::strerror(errno)};
    char text[32] = {};
    const auto length = ::pread(fd, text, sizeof text - 1, 0);
    const std::string holder = length > 0 ? "process " + std::string(text) : std::string{"another process"};
    return error{errc::refused, store.string() + " is in use by " + holder + ": stop it" + advice};
  }
  const std::string mine = std::to_string(::getpid());
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, mine.data(), mine.size(), 0) < 0)
    return error{errc::unavailable, path + ": " + std::strerror(errno)};
  return held;
}

store_lock::~store_lock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace weir::sqlite
