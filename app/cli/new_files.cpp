#include "app/cli/new_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "app/cli/cell_text.hpp"

namespace weir::app {

namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 20U;

std::string quoted(const std::string& path) { return "\"" + printable(path) + "\""; }
std::string reason(int number) { return std::generic_category().message(number); }

result<void> make_file(const new_file& file) {
  // A secret is never readable for others, not for a moment: its mode is there from the start.
  const int made =
      ::open(file.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file.secret ? 0600 : 0644);
  if (made < 0 && errno == EEXIST) {
    return error{errc::conflict,
                 quoted(file.path) + " exists and is not overwritten: move it away, or give another --out"};
  }
  if (made < 0) return error{errc::invalid, quoted(file.path) + " can't be made: " + reason(errno)};
  int problem = 0;
  for (std::size_t at = 0; at < file.text.size() && problem == 0;) {
    const ssize_t count = ::write(made, file.text.data() + at, file.text.size() - at);
    if (count < 0 && errno != EINTR) problem = errno;
    if (count > 0) at += static_cast<std::size_t>(count);
  }
  if (problem == 0 && ::fsync(made) != 0) problem = errno;
  if (::close(made) != 0 && problem == 0) problem = errno;
  if (problem == 0) return {};
  ::unlink(file.path.c_str());
  return error{errc::invalid, quoted(file.path) + " can't be written: " + reason(problem)};
}

}  // namespace

result<void> make_files(const std::string& folder, const std::vector<new_file>& files) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (problem) return error{errc::invalid, quoted(folder) + " can't be made: " + problem.message()};
  for (std::size_t at = 0; at < files.size(); ++at) {
    auto made = make_file(files[at]);
    if (made) continue;
    while (at > 0) ::unlink(files[--at].path.c_str());
    return made;
  }
  return {};
}

result<std::string> read_text_file(const std::string& path) {
  const auto fail = [&path](int number) {
    return error{number == ENOENT ? errc::not_found : errc::invalid,
                 quoted(path) + " can't be read: " + reason(number)};
  };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return fail(errno);
  std::string text(most_bytes + 1, '\0');
  std::size_t have = 0;
  for (;;) {
    const ssize_t count = ::read(file, text.data() + have, text.size() - have);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int number = errno;
      ::close(file);
      return fail(number);
    }
    have += static_cast<std::size_t>(count);
    if (count == 0 || have > most_bytes) break;
  }
  ::close(file);
  if (have > most_bytes) return error{errc::invalid, quoted(path) + " is larger than 1 MiB"};
  text.resize(have);
  return text;
}

}  // namespace weir::app
