#include "cluster/scheduler.hpp"

#include <algorithm>
#include <utility>

#include "domain/due_ticks.hpp"

namespace weir::cluster {

using std::chrono::milliseconds;

namespace {

/// After a trouble that may pass by itself.
constexpr milliseconds again_soon{500};
constexpr milliseconds at_once{1};

bool breaks_session(errc code) { return code == errc::unavailable || code == errc::in_doubt; }

}  // namespace

scheduler::scheduler(schedule_store& store, scheduler_settings settings)
    : store_(store), settings_(std::move(settings)) {}

scheduler::outcome scheduler::step() {
  outcome now;
  now.wait = settings_.poll;
  if (!connected_) {
    if (const auto again = store_.reconnect(); !again) {
      note(again.error(), "", now);
      return now;
    }
    connected_ = true;
  }
  const auto seen = store_.due(batch);
  if (!seen) {
    note(seen.error(), "", now);
    return now;
  }
  told_.erase("");
  if (seen->next_in) now.wait = std::clamp(*seen->next_in, at_once, settings_.poll);
  for (const schedule_row& row : seen->due) {
    fire(*seen, row, now);
    if (now.over || !connected_) return now;
  }
  // There may be more, which those that have moved on make room for.
  if (seen->due.size() == batch && now.moved > 0) now.wait = at_once;
  return now;
}

void scheduler::fire(const due_schedules& seen, const schedule_row& row, outcome& step) {
  const std::string& name = row.settings.name;
  const auto rule = domain::tick_rule::of(row.settings);
  if (!rule) {
    note(rule.error(), name, step);
    return;
  }
  domain::tick_question asked;
  asked.now = seen.now;
  asked.since = row.since;
  asked.next_at = row.next_at;
  asked.paused_until = row.paused_until;
  asked.missed = row.settings.missed;
  asked.grace = settings_.grace;
  asked.most = batch;
  domain::tick_plan plan = domain::due_ticks(*rule, asked);
  const auto until_next = std::chrono::ceil<milliseconds>(plan.next - seen.now);
  if (settings_.passing) settings_.passing("before");
  const auto fired =
      store_.fire(settings_.me, settings_.term, {row.id, row.next_at, std::move(plan.fire), plan.next});
  if (settings_.passing) settings_.passing("after");
  if (!fired) {
    if (fired.error().code == errc::refused) {
      step.over = true;
      return;
    }
    note(fired.error(), name, step);
    return;
  }
  told_.erase(name);
  // Changed since it was read: what it is now is seen at once.
  step.wait = std::min(step.wait, *fired ? std::max(until_next, at_once) : at_once);
  if (!*fired) return;
  ++step.moved;
  step.fired += (*fired)->size();
}

void scheduler::note(const error& trouble, const std::string& about, outcome& step) {
  if (breaks_session(trouble.code)) connected_ = false;
  if (!connected_ || trouble.code == errc::timeout) step.wait = std::min(step.wait, again_soon);
  std::string& told = told_[about];
  if (std::exchange(told, trouble.message) != trouble.message) {
    step.troubles.push_back(
        about.empty() ? trouble
                      : error{trouble.code, "schedule " + about + " is not fired: " + trouble.message});
  }
}

}  // namespace weir::cluster
