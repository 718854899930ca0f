// The real surroundings: standard streams, ioctl, the process's environment and clocks.
#include <pwd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <random>

#include "app/cli/io.hpp"
#include "app/cli/live_screen.hpp"
#include "app/cli/process_keyboard.hpp"

extern char** environ;  // NOLINT: POSIX gives the environment by this name alone

namespace weir::app {

namespace {

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text{*entry};
    const auto equals = text.find('=');
    if (equals != std::string::npos) out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

/// $USER is what the person is called.
std::string user_name(const std::map<std::string, std::string>& environment) {
  const auto said = environment.find("USER");
  if (said != environment.end() && !said->second.empty()) return said->second;
  const uid_t uid = ::getuid();
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16384> strings{};
  if (::getpwuid_r(uid, &entry, strings.data(), strings.size(), &found) == 0 && found != nullptr)
    return entry.pw_name;
  return "uid " + std::to_string(uid);
}

std::string fresh_mark() {
  std::random_device dice;
  return std::to_string(::getpid()) + "-" + std::to_string(dice()) + "-" + std::to_string(dice());
}

std::string current_directory() {
  char* path = ::getcwd(nullptr, 0);
  if (path == nullptr) return ".";
  std::string out{path};
  std::free(path);  // NOLINT: getcwd(3) allocates with malloc
  return out;
}

terminal_size size_of_terminal() {
  winsize window{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0) return {};
  return {window.ws_col, window.ws_row};
}

// An interrupted sleep (SIGWINCH: the window has another size) ends early on purpose: redraw at once.
bool sleep_for(std::chrono::milliseconds time) {
  timespec left{};
  left.tv_sec = static_cast<time_t>(time.count() / 1000);
  left.tv_nsec = static_cast<long>(time.count() % 1000) * 1000000L;
  ::nanosleep(&left, nullptr);
  return true;
}

// What the handler writes; a plain pointer to a literal, so that the handler may read it at any moment.
const char* volatile restore_sequence = nullptr;

bool write_now(const char* bytes) {
  std::size_t length = 0;
  while (bytes != nullptr && bytes[length] != '\0') ++length;
  return length == 0 || ::write(STDOUT_FILENO, bytes, length) >= 0;
}

void leave_and_exit(int /*signal*/) {
  restore_terminal();
  ::_exit(write_now(restore_sequence) ? 0 : 1);
}

// Ctrl-Z: the terminal is the shell's meanwhile, and afterwards as it was.
void leave_and_stop(int signal) {
  const int before = errno;
  restore_terminal();
  static_cast<void>(write_now(restore_sequence));
  struct sigaction stopping {};
  struct sigaction mine {};
  sigemptyset(&stopping.sa_mask);
  stopping.sa_handler = SIG_DFL;
  ::sigaction(signal, &stopping, &mine);
  sigset_t only{};
  sigset_t old{};
  sigemptyset(&only);
  sigaddset(&only, signal);
  ::raise(signal);
  ::pthread_sigmask(SIG_UNBLOCK, &only, &old);  // it stops here
  ::pthread_sigmask(SIG_SETMASK, &old, nullptr);
  ::sigaction(signal, &mine, nullptr);
  static_cast<void>(write_now(live_screen::entering));
  listen_to_keys();
  errno = before;
}

void do_nothing(int /*signal*/) {}

// Nothing of a live view has to be tidied up but the terminal, so the process may end right there, also
// while it waits for the database.
void handle_interrupts(const char* restore) {
  restore_sequence = restore;
  struct sigaction action {};
  sigemptyset(&action.sa_mask);
  action.sa_handler = restore == nullptr ? SIG_DFL : leave_and_exit;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::sigaction(signal, &action, nullptr);
  action.sa_handler = restore == nullptr ? SIG_DFL : leave_and_stop;
  ::sigaction(SIGTSTP, &action, nullptr);
  action.sa_handler = restore == nullptr ? SIG_DFL : do_nothing;  // no SA_RESTART: wakes the sleep
  ::sigaction(SIGWINCH, &action, nullptr);
}

}  // namespace

bool io::colour() const {
  if (!out_is_terminal) return false;
  const auto no_colour = environment.find("NO_COLOR");
  if (no_colour != environment.end() && !no_colour->second.empty()) return false;
  const auto terminal = environment.find("TERM");
  return terminal == environment.end() || terminal->second != "dumb";
}

io process_io() {
  io made{std::cin, std::cout, std::cerr};
  made.in_is_terminal = ::isatty(STDIN_FILENO) == 1;
  made.out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
  made.err_is_terminal = ::isatty(STDERR_FILENO) == 1;
  made.environment = process_environment();
  made.working_directory = current_directory();
  made.user = user_name(made.environment);
  made.host = host_name();
  made.run_mark = fresh_mark();
  made.size = size_of_terminal;
  made.pause = sleep_for;
  made.on_interrupt = handle_interrupts;
  made.open_keyboard = open_process_keyboard;
  made.now = [] {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  };
  made.ticks = [] { return boot_clock::now(); };
  return made;
}

}  // namespace weir::app
