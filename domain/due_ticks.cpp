#include "domain/due_ticks.hpp"

namespace weir::domain {

tick_plan due_ticks(const tick_rule& rule, const tick_question& asked) {
  tick_plan plan;
  wall_time tick = asked.next_at ? *asked.next_at : rule.next(asked.since);
  // The tick of the very instant at which a pause ends is no longer of the pause.
  if (asked.paused_until && tick < *asked.paused_until)
    tick = rule.next(*asked.paused_until - std::chrono::microseconds{1});
  const wall_time missed_before = asked.now - asked.grace;
  if (tick < missed_before && asked.missed != missed_policy::all) {
    const wall_time latest = std::max(tick, rule.last(asked.now).value_or(tick));
    if (asked.missed == missed_policy::once || latest >= missed_before) plan.fire.push_back(latest);
    plan.next = rule.next(latest);
    return plan;
  }
  for (; tick <= asked.now && plan.fire.size() < asked.most; tick = rule.next(tick))
    plan.fire.push_back(tick);
  plan.next = tick;
  return plan;
}

}  // namespace weir::domain
