// Newest wins, one at a time: which task of a key may start, and which older ones that start supersedes.
//
// A task is superseded when a newer one of its key (higher id) *starts* and the owner had seen it by then,
// waiting in memory or in `open` alike. What becomes visible later is performed, even with a lower id: a late
// commit carries a change that the newer run has not seen.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <weir/driver/types.hpp>

namespace weir::cluster {

/// The keys of one partition under one epoch. A lane exists while its key has a task anywhere.
/// Not thread-safe: one owner.
class key_lanes {
 public:
  struct superseded {
    task_id id = 0;
    bool waiting = false;  ///< was in the window
    bool open = false;     ///< has a row in open
    int runs = 0;          ///< of an open row
  };

  /// A task of the key entered the window.
  void wait(const std::string& name, const std::string& key, task_id id);
  /// A task of the key has a row in `open` now; `runs` as stored there.
  void put_open(const std::string& name, const std::string& key, task_id id, int runs);
  /// Its row in `open` is gone.
  void remove_open(const std::string& name, const std::string& key, task_id id);

  /// The newest waiting task of a key, 0 if none waits.
  task_id newest(const std::string& name, const std::string& key) const;
  /// The task that may start now: the newest waiting one, unless one of the key runs. 0 = none.
  task_id startable(const std::string& name, const std::string& key) const;
  /// Starts `id` (must be startable) and returns every older one seen: they are superseded by it.
  std::vector<superseded> start(const std::string& name, const std::string& key, task_id id);
  /// The older ones seen since `id`, which runs, was started: superseded by it as well.
  std::vector<superseded> older_than(const std::string& name, const std::string& key, task_id id);
  /// `id` ran on while the partition's epoch was renewed. Supersedes nothing: its start did that.
  void resume(const std::string& name, const std::string& key, task_id id);
  /// Its run has ended; the next one of the key may start.
  void end(const std::string& name, const std::string& key, task_id id);
  /// It left the window without a run.
  void forget(const std::string& name, const std::string& key, task_id id);

  /// Visits the waiting tasks of a key from the newest on, while `visit` answers true.
  void from_newest(const std::string& name, const std::string& key,
                   const std::function<bool(task_id)>& visit) const;
  /// All waiting tasks of a key, oldest first. All but the newest can never start while that one waits.
  std::vector<task_id> waiting(const std::string& name, const std::string& key) const;

 private:
  struct lane {
    task_id running = 0;
    std::set<task_id> waiting;
    std::map<task_id, int> open;  ///< id -> runs
    bool empty() const { return running == 0 && waiting.empty() && open.empty(); }
  };
  using lane_map = std::unordered_map<std::string, lane>;
  static std::string lane_name(const std::string& name, const std::string& key);
  void drop_if_empty(lane_map::iterator at);

  lane_map lanes_;
};

}  // namespace weir::cluster
