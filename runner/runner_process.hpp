// The node's hold on one runner process: its socket, its death, the proof that nothing of it is left.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/boot_clock.hpp>
#include <weir/result.hpp>

#include "runner/frames.hpp"
#include "runner/invitation.hpp"
#include "runner/owned_fd.hpp"
#include "runner/runner_end.hpp"

namespace weir::runner {

/// One runner, from its start until it is reaped. Used by one thread, the one that started it.
class runner_process {
 public:
  /// @errors  overloaded, as spawn_self
  static result<std::unique_ptr<runner_process>> start(const invitation& invited);
  /// Kills and waits if need be.
  ~runner_process();
  runner_process(const runner_process&) = delete;
  runner_process& operator=(const runner_process&) = delete;

  /// Puts a frame behind those that wait to be written.
  void send(const frame& what);
  /// Sends this before anything else; only the newest one is kept while the socket is full.
  void extend(boot_time deadline) { next_deadline_ = deadline; }
  /// Writes what the socket takes without blocking.
  void flush();
  /// Reads what has come without blocking. `gone`: the other end was closed, or what came is no frame.
  struct received {
    std::vector<frame> frames;
    std::size_t bytes = 0;
    bool gone = false;
    std::string complaint;
  };
  received receive();

  /// SIGKILL to all of it; takes effect on stopped processes too.
  void kill();
  /// How it ended, once it has been waited for and its namespace is empty. Call after death_fd() was
  /// readable and receive() was called once more: the hold on the namespace comes with the hello.
  std::optional<runner_end> ended();

  bool wants_to_write() const { return !out_.empty() || next_deadline_.has_value(); }
  int socket() const { return socket_.get(); }
  /// What to poll for its end: readable = call ended().
  int death_fd() const { return reaped_ ? init_.get() : process_.get(); }
  pid_t pid() const { return pid_; }

 private:
  runner_process(pid_t pid, owned_fd process, owned_fd socket, std::size_t payload_limit);

  const pid_t pid_;
  owned_fd process_;  ///< pidfd of our child
  owned_fd init_;     ///< pidfd of its namespace's init, once it said hello
  owned_fd socket_;
  frame_decoder decoder_;
  std::deque<std::string> out_;
  std::size_t written_ = 0;  ///< bytes of out_.front() that are gone already
  std::optional<boot_time> next_deadline_;
  std::optional<runner_end> reaped_;
};

}  // namespace weir::runner
