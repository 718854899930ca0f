// Runs actions on a bounded pool of own threads: parallel streams, and the inside of a runner process.
//
// A thread cannot be killed. A run that does not end when it is asked to is *abandoned*: its verdict is
// given, its thread is left to itself and counted, and another thread takes its place. What it still does
// overlaps with the next run of its task, which at-least-once delivery allows on parallel streams only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <weir/defaults.hpp>

#include "domain/execution.hpp"
#include "runner/action_table.hpp"
#include "runner/hooked_term.hpp"
#include "runner/log_sink.hpp"

namespace weir::runner {

struct thread_options {
  std::string node;  ///< what context::node() answers
  int threads = 1;   ///< runs at once, 1..1024; threads are started when needed
  std::chrono::milliseconds grace = defaults::grace;  ///< from a timeout until the run is abandoned
  bool abandon_at_timeout = true;                     ///< false: a timeout is only told to the action
  /// Abandoned threads beyond this are not replaced: the pool shrinks, down to none.
  /// 0: twice `threads`, at least 8.
  int max_leaked = 0;
  /// True for single streams: `closed()` stays false while an abandoned thread is still at work.
  bool wait_for_abandoned = false;
  /// Called as a run begins, in its thread; may be empty.
  std::function<void(const domain::run_request&, wall_time)> on_started;
  /// Its hooks are called in threads of the pool: `open` before the first run, again after a pause while it
  /// throws; `close` after the last one, while the ownership lasts. One that does not return keeps `closed()` false.
  term_facts term;
};

/// An executor on threads. Destroying it ends what runs as `interrupted` and waits for everything but
/// abandoned threads; no callback comes afterwards. Callbacks may come from within a member function.
class thread_executor final : public domain::executor {
 public:
  thread_executor(const action_table& actions, thread_options options, on_verdict verdicts, log_sink log);
  thread_executor(const action_table& actions, std::string node, int threads, on_verdict verdicts,
                  log_sink log);
  ~thread_executor() override;
  thread_executor(const thread_executor&) = delete;
  thread_executor& operator=(const thread_executor&) = delete;

  /// Asserts that at most 100,000 runs wait: the worker hands over no more than it may run soon.
  void start_all(std::vector<domain::run_request> requests) override;
  void open(std::uint64_t fencing_token) override;
  void extend(boot_time deadline) override;
  void interrupt(std::uint64_t run_id, std::chrono::milliseconds grace) override;
  bool closed() override;
  void close(std::chrono::milliseconds grace) override;

  /// Threads that were left to themselves and are still at work.
  int leaked_threads() const;

 private:
  class core;
  std::shared_ptr<core> core_;
};

}  // namespace weir::runner
