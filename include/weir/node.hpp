// A node inside your program: register actions, run.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <weir/action_failed.hpp>
#include <weir/config.hpp>
#include <weir/context.hpp>
#include <weir/outcome.hpp>
#include <weir/result.hpp>
#include <weir/schedule_settings.hpp>
#include <weir/stream_context.hpp>
#include <weir/task.hpp>

namespace weir {

class cdc_source;  // weir/cdc.hpp
class driver;      // weir/driver.hpp

/// Performs a task. May be called from several threads at once on a parallel stream; may throw (a retry
/// with the exception's text); may run twice for one task, so it must be safe to.
using action = std::function<outcome(const task&, context&)>;

/// Retries after each of `delays` in turn; the last repeats: backoff({1min, 10min, 1h}).
retry_policy backoff(std::vector<std::chrono::milliseconds> delays);
/// Retries with delays that double from `first` to `max`, with jitter.
retry_policy exponential(std::chrono::milliseconds first,
                         std::chrono::milliseconds max = defaults::retry_max);

/// Options of an action, chained: on_stream("netsuite").timeout(2min).retry(every(1min)).
class action_settings {
 public:
  action_settings& stream(std::string name) {
    options_.stream = std::move(name);
    return *this;
  }
  action_settings& timeout(std::chrono::milliseconds limit) {
    options_.timeout = limit;
    return *this;
  }
  action_settings& retry(retry_policy policy) {
    const int attempts = options_.retry.max_attempts;
    options_.retry = std::move(policy);
    options_.retry.max_attempts = attempts;
    return *this;
  }
  /// 0 = without end.
  action_settings& max_attempts(int count) {
    options_.retry.max_attempts = count;
    return *this;
  }
  action_settings& max_crashes(int count) {
    options_.max_crashes = count;
    return *this;
  }

  const action_options& options() const { return options_; }

 private:
  action_options options_;
};

/// Settings of an action whose tasks go to stream `name`.
action_settings on_stream(std::string name);

/// At most so many starts, from 1 to 1,000,000, in each second, minute or hour.
start_rate per_second(int starts);
start_rate per_minute(int starts);
start_rate per_hour(int starts);

/// Options of a stream. The first declaration creates it; afterwards the database's value is in force.
class stream_settings {
 public:
  explicit stream_settings(stream_mode mode);

  // Each answers a copy with that one thing changed: weir::single_instance.pin("n1").on_open(log_in).

  stream_settings partitions(int count) const {
    stream_settings changed = *this;
    changed.wanted_.partitions = count;
    return changed;
  }
  stream_settings concurrency(int per_node) const {
    stream_settings changed = *this;
    changed.wanted_.concurrency = per_node;
    return changed;
  }
  stream_settings pin(std::string node) const {
    stream_settings changed = *this;
    changed.wanted_.pin = std::move(node);
    return changed;
  }
  stream_settings isolation(weir::isolation where) const {
    stream_settings changed = *this;
    changed.wanted_.where = where;
    return changed;
  }
  /// What is enqueued by SQL wakes its node at once, not at the next poll (docs/enqueue.md tells the price).
  stream_settings notify(bool wakes = true) const {
    stream_settings changed = *this;
    changed.wanted_.notify = wakes;
    return changed;
  }
  /// Each node starts at most so many of its tasks, evenly spread: parallel.rate(per_second(10)). After a lull as many
  /// as come in 100 ms may start at once, and one in any case.
  stream_settings rate(start_rate limit) const {
    stream_settings changed = *this;
    changed.wanted_.rate = limit;
    return changed;
  }
  /// After so many failed runs in a row, up to 1000, a node starts nothing of the stream for `pause`; then one run is
  /// tried, and its success ends the rest.
  stream_settings breaker(int failures, std::chrono::milliseconds pause = defaults::breaker_pause) const {
    stream_settings changed = *this;
    changed.wanted_.breaker = {failures, pause};
    return changed;
  }
  /// Single streams only: called once for each term, before the first task of it and even if there is none:
  /// log in here. It runs where the actions run (with isolation `process`: in the runner, so what it leaves in
  /// memory is there for them), again in the next runner when one crashed. While it throws, no task runs;
  /// the exception is logged as an error and the hook is called again after 1 s, doubled up to 1 min.
  stream_settings on_open(stream_hook hook) const {
    stream_settings changed = *this;
    changed.on_open_ = std::move(hook);
    return changed;
  }
  /// Called when the stream is about to leave, after its last task and only if `on_open` has succeeded: log
  /// out here, within 2 s. Not called where the term ends by force: a crash, or the end of the ownership.
  stream_settings on_close(stream_hook hook) const {
    stream_settings changed = *this;
    changed.on_close_ = std::move(hook);
    return changed;
  }

  const stream_declaration& wanted() const { return wanted_; }
  const stream_hook& open_hook() const { return on_open_; }
  const stream_hook& close_hook() const { return on_close_; }

 private:
  stream_declaration wanted_;
  stream_hook on_open_, on_close_;
};

/// One node at a time, one task at a time, in a runner process.
extern const stream_settings single_instance;
/// Split over all nodes, on threads.
extern const stream_settings parallel;

/// One node of a cluster. Register everything, then call run once. Registering the same name twice
/// throws std::invalid_argument. Not thread-safe except stop().
class node {
 public:
  explicit node(node_config config);
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// @throws std::invalid_argument  also for hooks on a parallel stream: it has no term of its own.
  void stream(const std::string& name, const stream_settings& settings);
  void action(const std::string& name, weir::action perform, const action_settings& settings = {});
  /// Declares a schedule: schedule("sweep", weir::cron("*/15 * * * *")), schedule("poll", weir::every(10s)).
  /// @throws std::invalid_argument  also for a rule that is malformed or never fires, and for an unknown zone
  void schedule(const std::string& name, const schedule_settings& settings);
  /// A task of this name is a pass over a source (weir/cdc.hpp). It runs in the single stream that is named as the
  /// source's controller: never two passes of one controller at once, on however many nodes. `settings` may say all
  /// but the stream.
  /// @throws std::invalid_argument  also for a source with a bad controller, query or limit.
  void cdc(const std::string& name, const cdc_source& source, const action_settings& settings = {});
  /// Sees every error of the running node, each time it happens: the database or a node of the cluster out of reach,
  /// a write refused, a declaration that is not in force; and, as weir::action_failed with stream, task and attempt in
  /// the message, what actions and hooks did wrong: threw, crashed, overran their timeout. An outcome that an action
  /// returns, also retry and failure, is its answer and no error. Called in the node's own process, from any thread,
  /// several at once; must not block. What it throws is logged and goes no further.
  void on_error(std::function<void(const error&)> handler);
  /// Has the node ask its store through a driver of the program's own. `wrap` gets weir's, which has not connected yet,
  /// and answers the one to use: one around it, or another altogether (weir/driver.hpp; docs/drivers.md tells what a
  /// store must promise). It is called once by run(), in runner processes too, in the calling thread; what it throws
  /// comes out of run().
  void wrap_driver(std::function<std::unique_ptr<driver>(std::unique_ptr<driver> own)> wrap);

  /// Runs until SIGTERM, SIGINT or stop(): drains, releases, and returns the process's exit code
  /// (0 clean; 4 database unreachable at start; 5 name taken; 78 configuration or schema).
  /// In a runner process (WEIR_RUNNER_FD set) it performs tasks for its node instead, and does not
  /// return before that node lets go of it.
  int run();
  /// Asks run() to drain and return. From any thread.
  void stop();

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace weir
