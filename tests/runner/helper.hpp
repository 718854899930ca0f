// The test program in its other roles: a node that is a process of its own, to be stopped and killed.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "runner/process_executor.hpp"

namespace weir::runner {

/// An executor with odd_actions, as the tests want it.
process_options test_options(int concurrency = 1);

/// Runs this program as `--ROLE ARGUMENTS...`.
int play(const std::vector<std::string>& words);

/// Starts this program in a role; returns its process id.
pid_t start_helper(const std::vector<std::string>& words);

/// Nothing that was started on `file` may outlive its test: whatever holds the lock still is named, ended by its
/// process id and a failure. Make it a member in front of what starts such things.
class nothing_left {
 public:
  explicit nothing_left(std::string file) : file_(std::move(file)) {}
  ~nothing_left();
  nothing_left(const nothing_left&) = delete;
  nothing_left& operator=(const nothing_left&) = delete;

 private:
  const std::string file_;
};

/// Forks; the child gets SIGKILL when this thread dies, so that a test that is ended leaves nobody behind.
pid_t fork_bound();

/// All living descendants of a process, itself not included, oldest first.
std::vector<pid_t> descendants(pid_t of);
bool alive(pid_t pid);
/// Waits for a child of ours and returns its wait status.
int reap(pid_t pid);

/// False where the kernel does not let this process make pid namespaces.
bool may_contain();

}  // namespace weir::runner
