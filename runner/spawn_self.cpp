// posix_spawn only: the node has threads, and after fork() in such a process hardly anything is allowed.
#include "runner/spawn_self.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include "runner/environment.hpp"

namespace weir::runner {

namespace {

constexpr int first_fd = 3;  // after stdin, stdout, stderr

error no_runner(const char* what, int why) {
  return {errc::overloaded,
          std::string{"cannot start a runner process: "} + what + ": " + std::strerror(why)};
}

/// What posix_spawn should do in the child, freed at the end.
struct instructions {
  instructions() {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
  }
  ~instructions() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  }
  instructions(const instructions&) = delete;
  instructions& operator=(const instructions&) = delete;

  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};
};

bool nothing(std::string_view /*variable*/) { return false; }

void set_signals_and_group(posix_spawnattr_t& attributes) {
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

}  // namespace

std::vector<std::string> own_arguments() {
  std::ifstream file{"/proc/self/cmdline", std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  std::vector<std::string> arguments;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\0', at), text.size());
    arguments.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  if (arguments.empty()) arguments.emplace_back("weir");
  return arguments;
}

result<spawned> spawn_self(invitation invited, int socket) {
  // Copies above every target number, so that no dup2 in the child lands on a source still needed.
  std::vector<int> sources{socket};
  sources.insert(sources.end(), invited.kept_fds.begin(), invited.kept_fds.end());
  const int last = first_fd + static_cast<int>(sources.size());
  std::vector<owned_fd> copies;
  for (const int source : sources) {
    copies.emplace_back(::fcntl(source, F_DUPFD_CLOEXEC, last));
    if (!copies.back()) return no_runner("copying a file descriptor", errno);
  }

  instructions child;
  set_signals_and_group(child.attributes);
  ::posix_spawn_file_actions_addopen(&child.files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (::fcntl(STDERR_FILENO, F_GETFD) >= 0) {
    ::posix_spawn_file_actions_adddup2(&child.files, STDERR_FILENO, STDOUT_FILENO);
  }
  for (std::size_t i = 0; i < copies.size(); ++i) {
    ::posix_spawn_file_actions_adddup2(&child.files, copies[i].get(), first_fd + static_cast<int>(i));
  }
  ::posix_spawn_file_actions_addclosefrom_np(&child.files, last);

  invited.fd = first_fd;
  for (std::size_t i = 0; i < invited.kept_fds.size(); ++i) {
    invited.kept_fds[i] = first_fd + 1 + static_cast<int>(i);
  }
  invited.parent = ::getpid();
  const std::vector<std::string> arguments = own_arguments();
  std::vector<std::string> variables =
      environment_without(invited.with_database ? &nothing : &names_database);
  for (std::string& text : to_environment(invited)) variables.push_back(std::move(text));

  spawned started;
  const int failed = ::posix_spawn(&started.pid, "/proc/self/exe", &child.files, &child.attributes,
                                   pointers_to(arguments).data(), pointers_to(variables).data());
  if (failed != 0) return no_runner("posix_spawn", failed);
  started.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, started.pid, 0U)));
  if (!started.pidfd) {
    const int why = errno;
    ::kill(started.pid, SIGKILL);
    ::waitpid(started.pid, nullptr, 0);
    return no_runner("pidfd_open", why);
  }
  return started;
}

}  // namespace weir::runner
