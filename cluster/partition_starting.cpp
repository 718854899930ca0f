// A partition's owner: which task starts next, what its start supersedes, and what has to be written before it runs.
#include <algorithm>
#include <utility>

#include <weir/assert.hpp>

#include "cluster/partition_owner.hpp"
#include "cluster/verdict_rules.hpp"

namespace weir::cluster {

using namespace std::chrono_literals;

const task_row* partition_owner::candidate() {
  if (reread_) return nullptr;  // what is on its way is let out first
  while (!ready_.empty()) {
    const task_id id = ready_.front();
    const auto at = entries_.find(id);
    if (at != entries_.end() && at->second.at == phase::waiting) {
      const task_row& row = at->second.row;
      if (!row.key) return &row;
      // The newest of the key takes the place of the oldest: else a key that keeps coming would never run.
      if (const task_id next = startable(row); next != 0) return &entries_.at(next).row;
    }
    // Gone, or its key runs (the end of that run brings it back), or the newest is gated (its gate does).
    ready_.pop_front();
  }
  return nullptr;
}

/// The newest of the key; while it is gated, the newest whose own gate has opened, so that a key that keeps coming
/// gets its turn.
task_id partition_owner::startable(const task_row& row) const {
  if (keys_.startable(row.name, *row.key) == 0) return 0;
  task_id found = 0;
  bool behind = false;
  keys_.from_newest(row.name, *row.key, [&](task_id id) {
    const entry& e = entries_.at(id);
    behind = behind || e.gated;
    if (!e.gated && !e.shadow && (!behind || e.opened)) found = id;
    return e.gated;
  });
  return found;
}

void partition_owner::pass_over() {
  passed_over_.push_back(ready_.front());
  ready_.pop_front();
}

void partition_owner::try_again() {
  ready_.insert(ready_.begin(), passed_over_.begin(), passed_over_.end());
  passed_over_.clear();
}

bool partition_owner::needs_mark(const task_row& task, boot_time now) const {
  return care_.in_node && (is_suspect(task) || (care_.marks > 0 && now < careful_until_));
}

void partition_owner::begin_run(entry& e, const moment& now) {
  WEIR_ASSERT(e.at == phase::waiting);
  WEIR_ASSERT(!e.shadow);
  WEIR_ASSERT(!e.gated);
  e.at = phase::running;
  e.started = now.boot;
  if (running_ == 0 || !unshown_since_) unshown_since_ = now.boot;
  ++running_;
  if (!e.row.key) return;
  for (const auto& old : keys_.start(e.row.name, *e.row.key, e.row.id))
    supersede(old, e.row, e.row.id, now.wall);
}

bool partition_owner::start(task_id id, const moment& now, const settlement& former) {
  entry& e = entries_.at(id);
  begin_run(e, now);
  e.marked = needs_mark(e.row, now.boot);
  if (!e.marked && !e.row.left) return true;
  if (e.marked) care_.marks = std::max(0, care_.marks - 1);
  e.shown = e.marking = true;
  queue_open(e, 'i', 0ms, false, false, former);
  return false;
}

std::vector<task_id> partition_owner::take_marked(const moment& now) {
  for (const task_id id : marked_) {
    const entry& e = entries_.at(id);
    if (!e.row.key) continue;
    for (const auto& old : keys_.older_than(e.row.name, *e.row.key, id)) supersede(old, e.row, id, now.wall);
  }
  return std::exchange(marked_, {});
}

/// The attempt that a former owner could not write goes with the next row of its task.
void partition_owner::note_former(entry& e, const settlement& how, finish_row& into) {
  if (!e.row.left) return;
  const left_run left = *std::exchange(e.row.left, std::nullopt);
  e.row.runs += 1;
  e.row.crashes += left.marked ? 1 : 0;
  into = row_for(e.row);
  into.result = static_cast<char>(left.marked ? domain::run_result::crash : domain::run_result::interrupted);
  into.number = e.row.runs;
  into.epoch = left.epoch;
  into.started_at = left.since;
  into.took = left.took;
  into.message = how.message.empty() ? message_of(left) : how.message;
}

void partition_owner::supersede(const key_lanes::superseded& old, const task_row& newer, task_id by,
                                wall_time at) {
  pending_row pending;
  finish_row& row = pending.row;
  bool open = old.open;
  row.runs = old.runs;
  if (const auto found = entries_.find(old.id); found != entries_.end()) {
    entry& e = found->second;
    row = row_for(e.row);
    row.runs = std::max(row.runs, old.runs);
    open = open || e.row.open;
    if (old.waiting) leave_window(e);
    pending.settles = std::exchange(e.number, 0);
  }
  row.part = held_.part;
  row.id = old.id;
  row.name = newer.name;
  row.key = newer.key;
  row.result = static_cast<char>(domain::run_result::superseded);
  row.number = row.runs + 1;
  row.started_at = at;
  row.message = "superseded by " + std::to_string(by);
  row.open = open ? finish_row::open_change::remove : finish_row::open_change::none;
  pending.leaves = true;
  queue_.push(std::move(pending));
}

}  // namespace weir::cluster
