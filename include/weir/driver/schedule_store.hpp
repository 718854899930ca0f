// Schedules: what a leader fires, and what people ask and order of them. Needs no running node.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <weir/driver/audit.hpp>
#include <weir/driver/schedule_types.hpp>
#include <weir/driver/types.hpp>
#include <weir/result.hpp>

namespace weir {

using schedule_id = std::int32_t;  ///< never given again, so a schedule made anew is another one

/// A schedule as the store holds it.
struct schedule_row {
  schedule_id id = 0;
  schedule_declaration settings;     ///< in force
  wall_time since{};                 ///< its first tick comes after this instant
  std::optional<wall_time> next_at;  ///< the next tick to fire; nullopt until a leader has seen it
  bool paused = false;
  /// While paused: until when, nullopt = until resumed. Afterwards: when the last pause ended.
  std::optional<wall_time> paused_until;
  std::optional<wall_time> last_at;  ///< the last tick that was fired
  task_id last_task = 0;             ///< its task, 0 = none yet
};

/// What a leader sees, from one statement.
struct due_schedules {
  wall_time now{};                ///< the store's clock
  std::vector<schedule_row> due;  ///< not paused, and due or never seen; the longest due first
  std::optional<std::chrono::milliseconds> next_in;  ///< until the first of the others is due or resumes
};

/// Fires ticks of one schedule and moves it on.
struct schedule_firing {
  schedule_id id = 0;
  std::optional<wall_time> seen_next;  ///< next_at as it was read: the firing counts only if it still stands
  std::vector<wall_time> ticks;        ///< a task each, at most 1,000; may be empty
  wall_time next{};                    ///< the new next_at
};

class schedule_store {
 public:
  virtual ~schedule_store() = default;
  virtual result<void> reconnect() = 0;

  // -- for a joining node
  /// Creates what does not exist yet. What exists and differs stays as it is: the answer lists each difference as a
  /// sentence, and they are added to those that coordination_store::declare noted for the node.
  /// @errors invalid (nothing was written), refused (the incarnation is dead)
  virtual result<std::vector<std::string>> declare(node_id me,
                                                   const std::vector<schedule_declaration>& wanted) = 0;

  // -- for the leader
  /// At most `limit` schedules to fire, and how long nothing else is due.
  virtual result<due_schedules> due(int limit) = 0;
  /// Enqueues a task per tick and moves next_at, both or neither, fenced by the term.
  /// @return the ids of the tasks, in the order of the ticks; nullopt: next_at moved, was reset, or the schedule is
  ///         paused or gone, so nothing happened
  /// @errors refused (the term is not the newest one), invalid (the task is refused), timeout, unavailable,
  ///         in_doubt (look again: next_at tells)
  virtual result<std::optional<std::vector<task_id>>> fire(node_id me, leader_term term,
                                                           const schedule_firing& what) = 0;

  // -- for people; each change leaves a row in the audit
  /// For whom it acts from now on.
  virtual void act_as(operator_identity who) = 0;
  virtual result<std::vector<schedule_row>> list() = 0;  ///< by name
  /// @errors not_found
  virtual result<schedule_row> find(const std::string& name) = 0;
  /// Creates it; one that exists with the same settings is fine. @errors conflict (it differs), invalid
  virtual result<void> add(const schedule_declaration& wanted) = 0;
  /// Tasks that it enqueued stay. @errors not_found
  virtual result<void> remove(const std::string& name) = 0;
  /// Fires nothing until `until` (store's clock), or until resumed. Ticks of a pause are dropped. @errors not_found
  virtual result<void> pause(const std::string& name, const std::optional<wall_time>& until) = 0;
  virtual result<void> resume(const std::string& name) = 0;
  /// Enqueues its task now, also while paused; its ticks stay as they are. @errors not_found
  virtual result<task_id> trigger(const std::string& name, const std::string& who) = 0;
};

}  // namespace weir
