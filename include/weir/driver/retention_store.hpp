// Retention: what a leader sees of the storage of tasks, and what it lets go.
//
// Tasks are stored in segments, ranges of ids. What outlives its segment is kept apart; whoever asks for a task sees
// no difference.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <weir/driver/retention_types.hpp>
#include <weir/driver/types.hpp>
#include <weir/result.hpp>

namespace weir {

using segment_number = std::int64_t;  ///< grows with the ids

struct segment_row {
  segment_number number = 0;
  task_id first_id = 0;  ///< the segment is [first_id, end_id)
  task_id end_id = 0;
  /// When its first and its last task were enqueued, those of lowest and highest id; nullopt = it has no rows.
  std::optional<wall_time> oldest, newest;
  /// No id of it is still to be given, and each of its tasks has ended or is in `open`.
  bool passed = false;
};

/// What a leader decides by.
struct retention_view {
  wall_time now{};                      ///< the store's clock
  snapshot taken;                       ///< from before anything here was looked at
  task_id next_id = 0;                  ///< the lowest id that is still to be given
  std::vector<segment_row> segments;    ///< by number
  bool any_kept = false;                ///< tasks outlive their segments
  std::vector<retention_policy> nodes;  ///< what each node that is alive has declared
};

/// A portion of a walk over ended tasks, in the order of ids.
struct retention_walk {
  enum class what {
    count,  ///< changes nothing
    sweep,  ///< deletes each task that is too old
    clear,  ///< moves what must stay out of the segment: unfinished tasks, and those that are not too old
  };

  what does = what::count;
  std::optional<segment_number> segment;  ///< nullopt: those that are kept apart; count and sweep only
  task_id after = 0;                      ///< ids from behind this one on
  int most_seen = 0;                      ///< ended tasks to look at, >= 1
  int most_changed = 0;                   ///< tasks of each kind to delete or move, >= 1
  retention_policy ages;                  ///< in force
};

struct walk_reply {
  task_id upto = 0;                                  ///< where the next portion goes on
  std::optional<wall_time> upto_created;             ///< when that task was enqueued, if it is known
  bool more = false;                                 ///< false: the walk is over
  std::int64_t gone = 0;                             ///< of those looked at: too old
  std::int64_t stays = 0;                            ///< of those looked at: not too old
  std::int64_t unfinished = 0;                       ///< count and clear: tasks met that have not ended
  std::optional<std::chrono::milliseconds> next_in;  ///< until the first of those that stay is too old
};

class retention_store {
 public:
  virtual ~retention_store() = default;
  virtual result<void> reconnect() = 0;

  /// For a joining node. @errors refused (the incarnation is dead)
  virtual result<void> declare(node_id me, const retention_policy& wanted) = 0;

  // -- for the leader; each but `look` is fenced by the term (@errors refused) and all or nothing
  virtual result<retention_view> look() = 0;
  /// How often it is repeated and where it is broken off makes no difference. @errors refused, timeout
  virtual result<walk_reply> walk(node_id me, leader_term term, const retention_walk& portion) = 0;
  /// Lets all of a segment go that a walk has cleared, the walk begun after `walked` was taken.
  /// @return false: something in it was not visible then, or is unfinished and not in `open`; nothing was changed.
  /// @errors refused, timeout (somebody holds it: try again later)
  virtual result<bool> empty(node_id me, leader_term term, segment_number segment,
                             const snapshot& walked) = 0;
  /// Removes the lowest segment. @return false: it is not the lowest or not empty; nothing was changed.
  /// @errors refused, timeout (somebody holds a transaction open that has used tasks: try again later)
  virtual result<bool> drop(node_id me, leader_term term, segment_number segment) = 0;
};

}  // namespace weir
