// A node inside your program: register actions, run.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <weir/config.hpp>
#include <weir/context.hpp>
#include <weir/outcome.hpp>
#include <weir/result.hpp>
#include <weir/task.hpp>

namespace weir {

/// Performs a task. May be called from several threads at once on a parallel stream; may throw (a retry
/// with the exception's text); may run twice for one task, so it must be safe to.
using action = std::function<outcome(const task&, context&)>;

/// Retries after the same delay each time.
retry_policy every(std::chrono::milliseconds delay);
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

/// Options of a stream. The first declaration creates it; afterwards the database's value is in force.
class stream_settings {
 public:
  explicit stream_settings(stream_mode mode);

  stream_settings& partitions(int count) {
    wanted_.partitions = count;
    return *this;
  }
  stream_settings& concurrency(int per_node) {
    wanted_.concurrency = per_node;
    return *this;
  }
  stream_settings& pin(std::string node) {
    wanted_.pin = std::move(node);
    return *this;
  }
  stream_settings& isolation(weir::isolation where) {
    wanted_.where = where;
    return *this;
  }

  const stream_declaration& wanted() const { return wanted_; }

 private:
  stream_declaration wanted_;
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

  void stream(const std::string& name, const stream_settings& settings);
  void action(const std::string& name, weir::action perform, const action_settings& settings = {});
  /// Sees every operating error of the running node; called from any thread, must not throw.
  void on_error(std::function<void(const error&)> handler);

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
