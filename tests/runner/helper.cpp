// A node reduced to its executor: enough to be stopped, killed, or started without rights.
#include "helper.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "odd_actions.hpp"
#include "support.hpp"

namespace weir::runner {

namespace {

/// Runs one action under a deadline that lies `left` ahead, then waits for ever.
[[noreturn]] void hold_a_runner(const std::string& name, const std::string& file,
                                std::chrono::milliseconds left) {
  verdict_box box;
  process_executor executor{odd_actions(), test_options(), box.taker(), box.log_taker()};
  executor.extend(boot_clock::now() + left);
  executor.start(request(1, name, nlohmann::json{{"file", file}}.dump()));
  for (;;) ::pause();
}

/// Without the right to make namespaces: says what becomes of some runs, one a line.
int without_rights() {
  ::prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN);
  verdict_box box;
  process_executor executor{odd_actions(), test_options(), box.taker(), box.log_taker()};
  executor.extend(far_away());
  std::uint64_t id = 0;
  for (const char* name : {"success", "segfault", "thread"}) {
    executor.start(request(++id, name));
    const auto verdict = box.wait_for(id);
    std::cout << name << ": " << domain::to_string(verdict.result) << ' ' << verdict.message << '\n';
  }
  for (const log_line& line : box.lines()) std::cout << "log: " << line.text << '\n';
  executor.extend(boot_clock::now() + 200ms);
  executor.start(request(++id, "stubborn"));
  std::cout << "deadline: " << domain::to_string(box.wait_for(id).result) << '\n';
  close_and_wait(executor);
  std::cout << "closed\n";
  return 0;
}

}  // namespace

process_options test_options(int concurrency) {
  process_options options;
  options.stream = "partner";
  options.node = "n1";
  options.concurrency = concurrency;
  options.grace = 150ms;
  return options;
}

int play(const std::vector<std::string>& words) {
  if (words.at(0) == "--without-rights") return without_rights();
  hold_a_runner(words.at(1), words.at(2), std::chrono::milliseconds{std::stol(words.at(3))});
}

pid_t start_helper(const std::vector<std::string>& words) {
  std::vector<std::string> all{"helper"};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> argv;
  for (std::string& word : all) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t pid = fork_bound();
  if (pid == 0) {
    ::execv("/proc/self/exe", argv.data());
    ::_exit(127);
  }
  return pid;
}

nothing_left::~nothing_left() {
  if (eventually([&] { return nobody_holds(file_); }, 2s)) return;
  for (const pid_t pid : holders_of(file_)) {
    std::string words = content("/proc/" + std::to_string(pid) + "/cmdline");
    std::replace(words.begin(), words.end(), '\0', ' ');
    ADD_FAILURE() << "process " << pid << " was left behind: " << words;
    ::kill(pid, SIGKILL);
  }
  EXPECT_TRUE(eventually([&] { return nobody_holds(file_); })) << file_;
}

pid_t fork_bound() {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);
  return 0;
}

std::vector<pid_t> descendants(pid_t of) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    // "PID (NAME) STATE PPID ...": the name may hold anything, so read from its last parenthesis on.
    const std::string text = content(entry.path() / "stat");
    const std::size_t end = text.rfind(')');
    if (end == std::string::npos || std::stoi(text.substr(end + 4)) != of) continue;
    const pid_t child = std::stoi(name);
    found.push_back(child);
    for (const pid_t below : descendants(child)) found.push_back(below);
  }
  return found;
}

bool alive(pid_t pid) {
  const std::string text = content("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t end = text.rfind(')');
  return end != std::string::npos && text[end + 2] != 'Z' && text[end + 2] != 'X';
}

int reap(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status;
}

bool may_contain() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(::unshare(CLONE_NEWPID) == 0 ? 0 : 1);
  return reap(child) == 0;
}

}  // namespace weir::runner
