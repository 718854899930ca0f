// What the API needs of the node beside it, which may be between two incarnations.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include <weir/boot_clock.hpp>
#include <weir/driver/types.hpp>
#include <weir/result.hpp>

#include "app/reload_report.hpp"

namespace weir::app {

/// Why a node takes no tasks now; codes are stable: joining, no_beat, stopping.
struct not_ready {
  std::string code;
  std::string message;
};

/// Threads: all of it, from any.
class node_door {
 public:
  using enqueue_way = std::function<result<std::vector<inserted>>(std::vector<insert_row>)>;
  using deadline_of = std::function<boot_time()>;

  /// An incarnation is there. Both are called until `close`.
  void open(enqueue_way enqueue, deadline_of deadline);
  /// It goes away: waits for enqueues that are under way.
  void close();
  /// From here on the node is shown as not ready: it drains.
  void begin_stop();

  /// Through the node's gateway. Blocks until they are durable. @errors unavailable (no incarnation: nothing was sent)
  result<std::vector<inserted>> enqueue(std::vector<insert_row> rows) const;
  /// How the node reads its configuration again; set once, before anybody asks.
  void reload_by(std::function<reload_report()> reload);
  /// nullopt: this node cannot.
  std::optional<reload_report> reload() const;

  /// nullopt: the node accepts tasks. Never waits for anybody.
  std::optional<not_ready> why_not_ready() const;

 private:
  mutable std::shared_mutex using_;  ///< shared by enqueues
  /// Nobody new may come in while one waits to close: readers would keep the lock among themselves.
  std::atomic<bool> closing_{true};
  enqueue_way enqueue_;
  mutable std::mutex lock_;
  deadline_of deadline_;
  std::function<reload_report()> reload_;
  bool stopping_ = false;
};

}  // namespace weir::app
