// Small programs that end in every way there is.
#include "odd_actions.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>

namespace weir::runner {

namespace {

/// Takes the lock that says "I live", and keeps it until this process ends.
void hold(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (::flock(fd, LOCK_SH) != 0) std::abort();
}

[[noreturn]] void beat(const std::string& file) {
  heartbeat* page = map_heartbeat(file);
  page->pid = ::getpid();
  for (;;) page->last = boot_clock::now().time_since_epoch().count();
}

/// A daemon as they are made: two forks, a session of its own, no tie to its starter left.
outcome daemon(const task& what, context&) {
  const auto file = what.data.at("file").get<std::string>();
  const pid_t first = ::fork();
  if (first == 0) {
    ::setsid();
    if (::fork() != 0) ::_exit(0);
    hold(file + ".lock");
    heartbeat* page = map_heartbeat(file);
    page->pid = ::getpid();
    for (;;) {
      page->last = boot_clock::now().time_since_epoch().count();
      ::usleep(1000);
    }
  }
  const heartbeat* page = map_heartbeat(file);
  while (page->pid == 0) ::usleep(1000);
  return outcome::success();
}

/// Many processes that hold one lock: the kernel needs a while to end them all.
outcome crowd(const task& what, context&) {
  hold(what.data.at("file").get<std::string>() + ".lock");
  for (int i = 0; i < 400; ++i) {
    if (::fork() == 0) {
      for (;;) ::pause();
    }
  }
  return outcome::success();
}

outcome spin(const task& what, context&) {
  const auto file = what.data.at("file").get<std::string>();
  hold(file + ".lock");
  beat(file);
}

/// What this process looks like from inside.
outcome facts(const task&, context& ctx) {
  nlohmann::json found;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(entry.path(), gone);
    if (!gone) found["fds"].push_back(entry.path().filename().string() + " " + target.string());
  }
  for (const char* name :
       {"WEIR_RUNNER_FD", "WEIR_DATABASE_URL", "DATABASE_URL", "PGPASSWORD", "WEIR_CONFIG"}) {
    if (const char* value = std::getenv(name)) found["env"][name] = value;
  }
  found["node"] = ctx.node();
  found["pid"] = ::getpid();
  ctx.log(found.dump());
  return outcome::success();
}

/// The runner's socket, found the way a program finds it that closes or writes what it does not own.
int own_socket() {
  for (int fd = 3; fd < 64; ++fd) {
    int domain = 0, type = 0;
    socklen_t size = sizeof domain;
    if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX &&
        ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM) {
      return fd;
    }
  }
  std::abort();
}

int sessions = 0;  ///< opened in this process
std::atomic<bool> never_close{false};

[[noreturn]] void sleep_for_ever() {
  for (;;) ::pause();
}

outcome obedient(const task&, context& ctx) {
  ctx.log("begun");
  while (!ctx.stop_requested()) ::usleep(500);
  return outcome::retry("as you wish");
}

}  // namespace

heartbeat* map_heartbeat(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ::ftruncate(fd, 4096) != 0) std::abort();
  void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (page == MAP_FAILED) std::abort();
  return static_cast<heartbeat*>(page);
}

bool nobody_holds(const std::string& file) {
  const int fd = ::open((file + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const bool free = ::flock(fd, LOCK_EX | LOCK_NB) == 0;
  ::close(fd);
  return free;
}

std::vector<int> holders_of(const std::string& file) {
  std::vector<int> found;
  for (const auto& process : std::filesystem::directory_iterator{"/proc"}) {
    const std::string name = process.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos || std::stoi(name) == ::getpid()) continue;
    std::error_code gone;  // or somebody else's
    for (std::filesystem::directory_iterator fd{process.path() / "fd", gone}, end; !gone && fd != end;
         fd.increment(gone)) {
      std::error_code closed;
      if (std::filesystem::read_symlink(fd->path(), closed) != file + ".lock") continue;
      found.push_back(std::stoi(name));
      break;
    }
  }
  return found;
}

stream_hooks odd_hooks(const std::string& stream) {
  if (stream != "hooked") return {};
  return {[](stream_context& ctx) {
            if (std::getenv("WEIR_TEST_DIE_OPENING") != nullptr) ::_exit(9);
            ++sessions;
            ctx.log("opened under " + std::to_string(ctx.fencing_token()));
          },
          [](stream_context& ctx) {
            if (never_close) sleep_for_ever();
            ctx.log("closed under " + std::to_string(ctx.fencing_token()));
          }};
}

action_table odd_actions() {
  action_table table;
  const auto add = [&table](const char* name, action perform) { table[name].perform = std::move(perform); };
  add("success", [](const task& what, context&) { return outcome::success("did " + what.data.dump()); });
  add("retry", [](const task&, context&) { return outcome::retry("again", std::chrono::seconds{7}); });
  add("failure", [](const task&, context&) { return outcome::failure("never"); });
  add("throw", [](const task&, context&) -> outcome { throw std::runtime_error{"broken"}; });
  add("throw_int", [](const task&, context&) -> outcome { throw 5; });
  add("exit", [](const task&, context&) -> outcome { ::_exit(3); });
  add("abort", [](const task&, context&) -> outcome { std::abort(); });
  add("segfault", [](const task&, context&) -> outcome {
    ::raise(SIGSEGV);
    ::_exit(1);
  });
  add("stubborn", [](const task&, context& ctx) -> outcome {
    ctx.log("begun");
    sleep_for_ever();
  });
  add("timed_stubborn", [](const task&, context&) -> outcome { sleep_for_ever(); });
  table["timed_stubborn"].options.timeout = std::chrono::milliseconds{150};
  add("obedient", obedient);
  add("timed_obedient", obedient);
  table["timed_obedient"].options.timeout = std::chrono::milliseconds{50};
  add("spin", spin);
  add("daemon", daemon);
  add("crowd", crowd);
  add("log", [](const task&, context& ctx) {
    ctx.log("half way");
    return outcome::success();
  });
  // NOLINTNEXTLINE(bugprone-string-constructor): large on purpose
  add("big_message", [](const task&, context&) { return outcome::success(std::string(10'000'000, 'm')); });
  add("facts", facts);
  add("write_garbage", [](const task&, context&) -> outcome {
    const std::array<char, 16> garbage{"I am a teapot!\n"};
    if (::send(own_socket(), garbage.data(), garbage.size(), 0) < 0) std::abort();
    sleep_for_ever();
  });
  add("close_socket", [](const task&, context&) -> outcome {
    const int socket = own_socket();
    ::shutdown(socket, SHUT_RDWR);
    ::close(socket);
    sleep_for_ever();
  });
  add("session",
      [](const task&, context&) { return outcome::success("session " + std::to_string(sessions)); });
  add("never_close", [](const task&, context&) {
    never_close = true;
    return outcome::success();
  });
  add("progress_then_abort", [](const task&, context& ctx) -> outcome {
    ctx.progress(0.4, "importing");
    ctx.progress(0.5, "too soon after the other to be said");
    std::abort();
  });
  add("thread", [](const task&, context&) {
    int seen = 0;
    std::thread{[&seen] { seen = 42; }}.join();
    return outcome::success(std::to_string(seen));
  });
  return table;
}

}  // namespace weir::runner
