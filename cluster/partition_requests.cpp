// A partition's owner: what people ask of its tasks.
//
// A request stays in the store until the row that answers it is committed, so nothing is lost with an owner: the
// next one reads it again. A request for a task that has not been read yet is kept until the task is.
#include <utility>

#include "cluster/partition_owner.hpp"

namespace weir::cluster {

using namespace std::chrono_literals;
using kind = task_request::what;

namespace {

finish_row row_about(const task_request& asked) {
  finish_row row;
  row.part = asked.part;
  row.id = asked.task;
  row.name = asked.name;
  row.key = asked.key;
  row.attempts = asked.attempts;
  row.crashes = asked.crashes;
  row.runs = asked.runs;
  row.request = asked.id;
  return row;
}

void end_as_cancelled(finish_row& row, const task_request& asked, wall_time at) {
  row.result = static_cast<char>(domain::run_result::cancel);
  row.number = row.runs + 1;
  row.started_at = at;
  row.message = "cancelled by " + asked.asked_by;
}

}  // namespace

std::vector<task_id> partition_owner::on_requests(std::vector<task_request> asked, wall_time now) {
  std::vector<task_id> to_end;
  for (task_request& one : asked) {
    if (left_during_asking_.count(one.task) != 0) continue;  // it is read again
    const auto at = entries_.find(one.task);
    if (at == entries_.end()) {
      answer_absent(std::move(one), now);
    } else if (at->second.at == phase::waiting) {
      answer_waiting(at->second, one, now);
    } else if (at->second.at == phase::running && !at->second.cancel) {
      if (one.kind == kind::cancel) {
        at->second.cancel = std::move(one);
        to_end.push_back(at->first);
      } else {
        answer_only(one);  // it runs already
      }
    }
    // settling: what is known of it is on its way; the request is read again
  }
  end_asking();
  return to_end;
}

void partition_owner::end_asking() {
  asking_ = false;
  left_during_asking_.clear();
}

void partition_owner::answer_only(const task_request& asked) {
  if (queue_.holds(asked.task)) return;  // read again once that is written
  pending_row pending;
  pending.row = row_about(asked);
  queue_.push(std::move(pending));
}

/// Not in the window: ended, in `open`, or not read yet.
void partition_owner::answer_absent(task_request asked, wall_time now) {
  if (queue_.holds(asked.task)) return;
  if (asked.ended) {
    asked_.erase(asked.task);
    undecided_.erase(asked.task);  // so that was written
    answer_only(asked);
  } else if (undecided_.count(asked.task) != 0) {
    return;  // a read tells
  } else if (asked.open) {
    answer_open(asked, now);
  } else if (asked_.size() < static_cast<std::size_t>(limits_.shadows)) {
    asked_[asked.task] = std::move(asked);
  }
}

void partition_owner::answer_open(const task_request& asked, wall_time now) {
  pending_row pending;
  pending.row = row_about(asked);
  finish_row& row = pending.row;
  if (asked.kind == kind::cancel) {
    end_as_cancelled(row, asked, now);
    row.open = finish_row::open_change::remove;
    if (asked.key) keys_.remove_open(asked.name, *asked.key, asked.task);
  } else {
    row.open = finish_row::open_change::put;
    row.open_state = 'w';
    row.due_in = asked.kind == kind::snooze ? asked.due_in : 0ms;
    if (asked.key) keys_.put_open(asked.name, *asked.key, asked.task, asked.runs);
  }
  // An entry until it is written: no promotion may bring the task meanwhile.
  entry& e = entries_[asked.task];
  e.row.part = asked.part;
  e.row.id = asked.task;
  e.row.name = asked.name;
  e.row.key = asked.key;
  e.row.runs = asked.runs;
  e.row.open = true;
  e.at = phase::settling;
  pending.leaves = true;
  queue_.push(std::move(pending));
}

void partition_owner::answer_waiting(entry& e, const task_request& asked, wall_time now) {
  if (asked.kind == kind::retry) return answer_only(asked);  // it is due
  // In `open` it would be forgotten what it waits for: the request is read again when that has come.
  if (asked.kind == kind::snooze && e.gated) return;
  const task_row task = e.row;
  pending_row pending;
  finish_row& row = pending.row;
  row = row_for(task);
  if (asked.kind != kind::cancel) note_former(e, {}, row);
  row.request = asked.id;
  if (asked.kind == kind::cancel) {
    end_as_cancelled(row, asked, now);
    if (task.open) row.open = finish_row::open_change::remove;
    if (task.key && task.open) keys_.remove_open(task.name, *task.key, task.id);
  } else {
    row.open = finish_row::open_change::put;
    row.open_state = 'w';
    row.due_in = asked.due_in;
    if (task.key) keys_.put_open(task.name, *task.key, task.id, row.runs);
  }
  if (task.key) keys_.forget(task.name, *task.key, task.id);
  leave_window(e);
  pending.settles = std::exchange(e.number, 0);
  pending.leaves = true;
  queue_.push(std::move(pending));
  if (!task.key) return;
  // Of the older one of its key that may start now perhaps only the id was kept.
  bool only_id = false;
  keys_.from_newest(task.name, *task.key, [&](task_id id) {
    const entry& next = entries_.at(id);
    only_id = !next.gated && next.shadow;
    return next.gated;
  });
  if (only_id)
    reread_ = true;
  else
    wake_key(task);
}

/// A task that people asked something of before it was read.
void partition_owner::answer_early(task_id id, wall_time now) {
  const auto asked = asked_.find(id);
  if (asked == asked_.end()) return;
  const task_request one = std::move(asked->second);
  asked_.erase(asked);
  if (entry& e = entries_.at(id); e.at == phase::waiting) answer_waiting(e, one, now);
}

}  // namespace weir::cluster
