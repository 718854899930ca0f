// The only door upward: one incarnation of a node, running. No CAF type is seen through it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include <weir/driver.hpp>

#include "actors/door.hpp"
#include "actors/executor_factory.hpp"
#include "cluster/pulse.hpp"
#include "cluster/worker_machine.hpp"

namespace weir::actors {

struct runtime_settings {
  cluster::pulse_settings pulse;
  cluster::worker_settings worker;
  boot_time joined{};  ///< read before the incarnation was registered
  bool leader_eligible = true;
  std::string cluster;                                   ///< registration::cluster, for links
  std::string machine;                                   ///< node_facts::machine, likewise
  std::size_t data_bytes_max = defaults::payload_bytes;  ///< of one task that comes by link
  std::int64_t late_writes_refused = 0;                  ///< by former incarnations of this process
};

/// What the composition root brings. Callbacks come from any thread and must not block or throw.
struct runtime_parts {
  driver* store = nullptr;   ///< outlives the runtime
  door* entrance = nullptr;  ///< outlives the runtime; null: nobody comes by link
  executor_factory executors;
  cluster::worker_machine::options_of actions;
  std::function<void(const error&)> on_error;
  std::function<void(cluster::wakeup)> on_wakeup;  ///< the node looks for tasks; may be empty
  std::function<void(std::size_t)> on_links;       ///< so many nodes can be told now; may be empty
};

class runtime {
 public:
  /// The node is registered and active; from here on it beats, owns, and perhaps leads.
  runtime(runtime_settings settings, runtime_parts parts);
  ~runtime();
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;

  /// Drain, release, and end. A second call ends running tasks now.
  void stop();

  enum class ending {
    running,  ///< not yet
    stopped,  ///< drained; the incarnation has said goodbye
    fenced,   ///< declared dead: nothing of it runs any more, a new incarnation may join
  };
  /// Waits for the end, at most so long.
  ending wait_for(std::chrono::milliseconds patience);

  /// When its ownership ends unless another beat succeeds: a good beat was sent shortly before. From any thread.
  boot_time deadline() const;

  /// When SUPERVISOR and WORKER last had taken up what a beat brought, good or bad; now, while a beat waits for the
  /// database. From any thread.
  boot_time last_sign_of_life() const;

  /// Those of former incarnations included. From any thread.
  std::int64_t late_writes_refused() const;

  /// Inserts tasks through the gateway. Blocks until they are durable. From any thread.
  result<std::vector<inserted>> enqueue(std::vector<insert_row> rows);

 private:
  struct parts;
  void open_entrance();

  std::unique_ptr<parts> parts_;
};

}  // namespace weir::actors
