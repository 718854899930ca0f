#include "domain/retention_plan.hpp"

#include <algorithm>

namespace weir::domain {

using std::chrono::milliseconds;

namespace {

using age = std::optional<milliseconds>;

constexpr std::int64_t most_unfinished = 10'000;

constexpr age retention_ages::*states[] = {&retention_ages::done, &retention_ages::failed,
                                           &retention_ages::cancelled};

/// None is longer than any.
void lengthen(age& present, const age& other) {
  if (present && (!other || *other > *present)) present = other;
}

/// None says nothing.
void raise(age& present, const age& other) {
  if (other && (!present || *other > *present)) present = other;
}

void shorten(age& present, const age& other) {
  if (other && (!present || *other < *present)) present = other;
}

retention_act on(retention_act::what does, segment_number segment) { return {does, segment}; }

/// What to do about a segment with rows in it; `none` if there is nothing now.
retention_act::what act_in(const segment_row& row, const segment_memory& known, wall_time now,
                           milliseconds shortest_age) {
  using what = retention_act::what;
  if (known.not_before > now || *row.oldest + shortest_age > now) return what::none;
  const bool all_old = row.passed && *row.newest + shortest_age <= now;
  if (!all_old) {
    // Of one that is full, the rest is too old soon: then it goes as a whole.
    const bool soon = row.passed && *row.newest + shortest_age <= now + slack(shortest_age);
    return soon ? what::none : what::sweep;
  }
  if (known.cleared) return what::empty;
  if (!known.counted) return what::count;
  return worth_emptying(*known.counted, row.end_id - row.first_id) ? what::clear : what::sweep;
}

}  // namespace

retention_policy longest(const std::vector<retention_policy>& declared) {
  if (declared.empty()) return {};
  retention_policy in_force;
  in_force.all = declared.front().all;
  for (const retention_policy& one : declared) {
    for (const auto of : states) {
      lengthen(in_force.all.*of, one.all.*of);
      for (const auto& [name, own] : one.streams) raise(in_force.streams[name].*of, own.*of);
    }
  }
  return in_force;
}

age shortest(const retention_policy& in_force) {
  age least;
  for (const auto of : states) {
    shorten(least, in_force.all.*of);
    for (const auto& [name, own] : in_force.streams) shorten(least, own.*of);
  }
  return least;
}

milliseconds slack(milliseconds shortest_age) { return std::max(milliseconds{1000}, shortest_age / 20); }

bool worth_emptying(const segment_count& count, std::int64_t ids) {
  const std::int64_t moves = count.stays + count.unfinished;
  return count.unfinished <= most_unfinished && (moves * 4 <= count.gone || moves * 100 <= ids);
}

retention_act next_act(const retention_view& seen, std::optional<milliseconds> shortest_age,
                       const std::map<segment_number, segment_memory>& memory, wall_time kept_not_before) {
  using what = retention_act::what;
  const auto known = [&](segment_number number) {
    const auto at = memory.find(number);
    return at == memory.end() ? segment_memory{} : at->second;
  };
  if (!seen.segments.empty()) {
    const segment_row& lowest = seen.segments.front();
    if (!lowest.oldest && lowest.end_id <= seen.next_id && known(lowest.number).not_before <= seen.now)
      return on(what::drop, lowest.number);
  }
  if (!shortest_age) return {};
  for (const segment_row& row : seen.segments) {
    if (!row.oldest) continue;
    const what does = act_in(row, known(row.number), seen.now, *shortest_age);
    if (does != what::none) return on(does, row.number);
  }
  if (seen.any_kept && kept_not_before <= seen.now) return {what::sweep, std::nullopt};
  return {};
}

milliseconds pause_after(int failures) {
  constexpr int doublings = 6;  // 64 s
  return std::min(milliseconds{60'000}, milliseconds{1000} * (1 << std::clamp(failures - 1, 0, doublings)));
}

}  // namespace weir::domain
