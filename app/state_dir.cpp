#include "app/state_dir.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace weir::app {

namespace {

constexpr const char* lock_name = "lock";
constexpr const char* note_name = "state.json";

error cannot(const std::string& what, const std::filesystem::path& path) {
  return {errc::invalid, "node.state_dir: cannot " + what + " " + path.string() + ": " +
                             std::strerror(errno) + "; choose a directory this user may write to"};
}

state_note parse_note(const std::filesystem::path& file) {
  std::ifstream in(file);
  const auto json = nlohmann::json::parse(in, nullptr, false);
  state_note note;
  if (!json.is_object()) return note;
  note.incarnation = json.value("incarnation", 0);
  note.pid = json.value("pid", 0);
  note.server = json.value("server", std::int64_t{0});
  note.timeline = json.value("timeline", 0);
  return note;
}

}  // namespace

result<state_dir> state_dir::open(const std::filesystem::path& where, std::chrono::milliseconds patience) {
  std::error_code failed;
  std::filesystem::create_directories(where, failed);
  const auto lock_path = where / lock_name;
  const int fd = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return cannot("open", lock_path);
  state_dir dir(where, fd);
  const auto until = std::chrono::steady_clock::now() + patience;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return cannot("lock", lock_path);
    if (std::chrono::steady_clock::now() >= until) {
      const state_note holder = dir.read();
      return error{errc::refused,
                   "node.state_dir " + where.string() + " is in use by process " +
                       std::to_string(holder.pid) + " (incarnation " + std::to_string(holder.incarnation) +
                       ") or one of its runners; stop it, or give this node another name or state_dir"};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20});  // flock has no wait with a limit
  }
  return dir;
}

bool state_dir::is_one(const std::filesystem::path& where) {
  std::error_code failed;
  return std::filesystem::exists(where / lock_name, failed);
}

state_dir::state_dir(state_dir&& other) noexcept
    : where_(std::move(other.where_)), fd_(std::exchange(other.fd_, -1)) {}

state_dir::~state_dir() {
  if (fd_ >= 0) ::close(fd_);
}

std::string state_dir::machine() const {
  std::ifstream in("/proc/sys/kernel/random/boot_id");
  std::string boot;
  in >> boot;
  struct stat info {};
  ::fstat(fd_, &info);
  return boot + ":" + std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
}

state_note state_dir::read() const { return parse_note(where_ / note_name); }

result<void> state_dir::write(const state_note& note) {
  // Written beside and renamed: a crash leaves the old note or the new one, never half of one.
  const auto file = where_ / note_name;
  const auto fresh = where_ / (std::string(note_name) + ".new");
  {
    std::ofstream out(fresh, std::ios::trunc);
    out << nlohmann::json{{"incarnation", note.incarnation},
                          {"pid", note.pid},
                          {"server", note.server},
                          {"timeline", note.timeline}}
               .dump()
        << '\n';
    if (!out.flush()) return cannot("write", fresh);
  }
  if (::rename(fresh.c_str(), file.c_str()) != 0) return cannot("rename", fresh);
  return {};
}

}  // namespace weir::app
