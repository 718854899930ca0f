// Figures of the whole cluster that only the store knows, for metrics and alarms.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <weir/result.hpp>

namespace weir {

/// Durations are by the store's clock, as of just now, in seconds.
struct cluster_figures {
  struct entry {
    std::string name;
    double seconds = 0;
  };
  /// Every stream: for how long a partition of it has had no owner, the longest of them; 0 = all are owned.
  std::vector<entry> unowned;
  /// Schedules that are not paused: for how long the next tick has been due; 0 = it is not. The 1,000 latest.
  std::vector<entry> schedules;
  /// Names of cdc actions that a node is there for: since the last pass that ended well began; where none did, since
  /// the oldest that is known was enqueued. At most 1,000; one that was never enqueued is left out.
  std::vector<entry> passes;
  /// What everything of weir takes now: tasks, history, indexes.
  std::int64_t stored_bytes = 0;
};

/// What a console_store may be besides: ask by dynamic_cast. Drivers that are none lack these metrics, nothing else.
class figures_source {
 public:
  virtual ~figures_source() = default;
  virtual result<cluster_figures> figures() = 0;
};

}  // namespace weir
