// Which ended tasks go next, and how: a segment as a whole where that pays, else task by task.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include <weir/driver/retention_store.hpp>

namespace weir::domain {

/// What is in force: of what nodes say the longest counts, so that nothing goes that one of them counts on. Of a
/// stream's own ages it is the longest of those nodes that name one.
retention_policy longest(const std::vector<retention_policy>& declared);

/// The shortest age that anything ended can have; nullopt: everything is kept for ever.
std::optional<std::chrono::milliseconds> shortest(const retention_policy& in_force);

/// How late an ended task may go, beside the time that the work takes: a twentieth of the shortest age, at least a
/// second. Less would be more walks over what stays; nobody counts days to the hour.
std::chrono::milliseconds slack(std::chrono::milliseconds shortest_age);

/// What a walk has counted in a segment.
struct segment_count {
  std::int64_t gone = 0;  ///< too old
  std::int64_t stays = 0;
  std::int64_t unfinished = 0;
};

/// True if moving what stays and truncating is better than deleting what goes: what stays is at most a quarter of what
/// goes, or a hundredth of the segment's ids, so that no segment lives on for the sake of few. And at most 10,000 tasks
/// are unfinished, since each is looked at once more while the segment is locked.
bool worth_emptying(const segment_count& count, std::int64_t ids);

/// What a leader remembers of a segment; nothing of it is needed by the next leader.
struct segment_memory {
  std::optional<segment_count> counted;
  std::optional<snapshot> cleared;  ///< taken before the walk that cleared it
  wall_time not_before{};           ///< nothing to do with it until then
  int failures = 0;                 ///< tries in a row to empty or drop it, in vain
};

struct retention_act {
  enum class what {
    none,   ///< nothing is due
    count,  ///< see whether it is worth emptying
    sweep,  ///< delete task by task; of what outlives its segment where `segment` is nullopt
    clear,  ///< move what must stay
    empty,  ///< let go of the rest
    drop,   ///< remove the empty segment
  };
  what does = what::none;
  std::optional<segment_number> segment;
};

/// The next thing to do.
/// @param shortest_age    of what can go at all; nullopt: only empty segments are dropped
/// @param kept_not_before  what outlives its segment is not looked at until then
retention_act next_act(const retention_view& seen, std::optional<std::chrono::milliseconds> shortest_age,
                       const std::map<segment_number, segment_memory>& memory, wall_time kept_not_before);

/// How long to leave a segment alone that could not be emptied or dropped, as somebody holds it: 1 s, doubled with
/// each try in vain up to 1 min, because each costs whoever comes meanwhile up to 20 ms.
std::chrono::milliseconds pause_after(int failures);

}  // namespace weir::domain
