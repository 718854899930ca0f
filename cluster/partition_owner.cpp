#include "cluster/partition_owner.hpp"

#include <algorithm>
#include <utility>

#include <weir/assert.hpp>

#include "cluster/boot_delay.hpp"
#include "domain/careful_start.hpp"
#include "domain/task_state.hpp"

namespace weir::cluster {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

/// Adds a row's ending to its partition's totals.
void count(const finish_row& row, mark_move& totals) {
  const auto state = domain::ended_by(static_cast<domain::run_result>(row.result));
  totals.done += state == task_state::done ? 1 : 0;
  totals.failed += state == task_state::failed ? 1 : 0;
  totals.cancelled += state == task_state::cancelled ? 1 : 0;
}

}  // namespace

finish_row partition_owner::row_for(const task_row& task) {
  finish_row row;
  row.part = task.part;
  row.id = task.id;
  row.name = task.name;
  row.key = task.key;
  row.attempts = task.attempts;
  row.crashes = task.crashes;
  row.runs = task.runs;
  return row;
}

partition_owner::partition_owner(ownership held, owner_limits limits, caution care, boot_time now)
    : held_(held.held),
      limits_(limits),
      care_(care),
      careful_until_(now + domain::careful_for),
      first_epoch_(held.held.epoch),
      track_(held.mark),
      durable_mark_(std::move(held.mark)) {
  for (const open_task& task : held.keyed) keys_.put_open(task.name, task.key, task.id, task.runs);
  if (held.next_due) next_due_ = ask_at(now, *held.next_due);
}

// -- running ---------------------------------------------------------------

void partition_owner::add_started(std::vector<task_id>& to) const {
  for (const auto& [id, e] : entries_) {
    if (e.at != phase::waiting) to.push_back(id);
  }
  for (const auto& [id, _] : undecided_) to.push_back(id);
}

const task_row* partition_owner::running_task(task_id id) const {
  const auto at = entries_.find(id);
  return at == entries_.end() || at->second.at != phase::running ? nullptr : &at->second.row;
}

void partition_owner::leave_window(entry& e) {
  if (e.shadow) {
    e.shadow = false;
    --shadows_;
  }
  e.gated = false;
  e.at = phase::settling;
}

void partition_owner::queue_open(entry& e, char state, milliseconds delay, bool leaves, bool paused,
                                 const settlement& former) {
  pending_row pending;
  pending.row = row_for(e.row);
  note_former(e, former, pending.row);
  pending.row.open = finish_row::open_change::put;
  pending.row.open_state = state;
  pending.row.due_in = delay;
  pending.row.marked = leaves ? false : e.marked;
  pending.settles = std::exchange(e.number, 0);
  pending.leaves = leaves;
  pending.paused = paused;
  if (e.row.key && leaves) keys_.put_open(e.row.name, *e.row.key, e.row.id, e.row.runs);
  queue_.push(std::move(pending));
}

void partition_owner::park(task_id id, milliseconds delay, bool paused) {
  const task_row first = entries_.at(id).row;
  std::vector<task_id> all{id};
  if (first.key) all = keys_.waiting(first.name, *first.key);
  for (const task_id one : all) {
    entry& e = entries_.at(one);
    if (e.gated) continue;  // in `open` it would be forgotten what it waits for
    if (e.row.key) keys_.forget(e.row.name, *e.row.key, one);
    leave_window(e);
    queue_open(e, 'w', delay, true, paused);
  }
}

void partition_owner::cancel(task_id id, const std::string& message, const moment& now) {
  entry& e = entries_.at(id);
  begin_run(e, now);
  e.row.left.reset();
  settlement how;
  how.result = domain::run_result::cancel;
  how.message = message;
  how.started_at = now.wall;
  on_settled(id, how);
}

void partition_owner::end(task_id id, const settlement& former, const moment& now) {
  begin_run(entries_.at(id), now);
  on_settled(id, former);
}

void partition_owner::on_settled(task_id id, const settlement& given) {
  entry& e = entries_.at(id);
  settlement how = given;
  WEIR_ASSERT(e.at == phase::running);
  --running_;
  e.at = phase::settling;
  e.row.runs += 1;
  if (e.cancel && given.again_in) {
    how.result = domain::run_result::cancel;
    how.message = "cancelled by " + e.cancel->asked_by + " while it ran";
    how.again_in.reset();
  }
  e.row.attempts += how.counts_attempt ? 1 : 0;
  e.row.crashes += how.counts_crash ? 1 : 0;

  pending_row pending;
  finish_row& row = pending.row;
  row = row_for(e.row);
  row.result = static_cast<char>(how.result);
  row.number = e.row.runs;
  row.started_at = how.started_at;
  row.took = how.took;
  row.message = how.message;
  if (e.row.left) row.epoch = e.row.left->epoch;
  if (e.cancel) row.request = e.cancel->id;
  if (how.again_in) {
    row.open = finish_row::open_change::put;
    row.open_state = how.open_state;
    row.due_in = *how.again_in;
    if (e.row.key) keys_.put_open(e.row.name, *e.row.key, id, e.row.runs);
  } else if (e.row.open || e.shown) {
    row.open = finish_row::open_change::remove;
    if (e.row.key) keys_.remove_open(e.row.name, *e.row.key, id);
  }
  pending.settles = std::exchange(e.number, 0);
  pending.leaves = true;
  queue_.push(std::move(pending));
  if (e.row.key) {
    keys_.end(e.row.name, *e.row.key, id);
    wake_key(e.row);
  }
}

void partition_owner::wake_key(const task_row& row) {
  if (const task_id next = keys_.startable(row.name, *row.key); next != 0) ready_.push_back(next);
}

void partition_owner::show_running(milliseconds age, boot_time now) {
  if (running_ == 0) return;
  unshown_since_.reset();
  for (auto& [id, e] : entries_) {
    if (e.at != phase::running || e.shown) continue;
    if (now - e.started < age) {
      unshown_since_ = std::min(unshown_since_.value_or(e.started), e.started);
      continue;
    }
    e.shown = true;
    queue_open(e, 'i', -std::chrono::duration_cast<milliseconds>(now - e.started), false);
  }
}

// -- finishing ---------------------------------------------------------------

int partition_owner::collect(finish_request& into, int room_left, bool with_mark) {
  const std::size_t first = into.rows.size();
  const int rows = queue_.collect(into.rows, room_left);
  if (with_mark && dirty_) {
    if (auto newer = track_.take_mark()) next_mark_ = std::move(newer);
  }
  // The totals commit with the rows they count; the mark's position moves with them when it is time.
  mark_move move;
  for (std::size_t n = first; n < into.rows.size(); ++n) count(into.rows[n], move);
  mark_sent_ = with_mark && next_mark_;
  if (mark_sent_) dirty_ = false;
  if (mark_sent_ || move.done + move.failed + move.cancelled > 0) {
    move.part = held_.part;
    move.position = mark_sent_ ? *next_mark_ : durable_mark_;
    into.marks.push_back(std::move(move));
  }
  if (rows > 0 || mark_sent_) into.held.push_back(held_);
  return rows;
}

void partition_owner::on_committed(std::optional<std::chrono::microseconds> earliest_put, boot_time now) {
  if (mark_sent_) durable_mark_ = *std::exchange(next_mark_, std::nullopt);
  mark_sent_ = false;
  for (const pending_row& done : queue_.committed()) {
    settle_memory(done);
    if (done.row.open == finish_row::open_change::put && done.row.open_state == 'i') {
      if (std::exchange(entries_.at(done.row.id).marking, false)) marked_.push_back(done.row.id);
    }
    if (done.row.open == finish_row::open_change::put && done.leaves && !done.paused) {
      const boot_time due = ask_at(now, done.row.due_in);
      if (!next_due_ || due < *next_due_) next_due_ = due;
    }
  }
  if (!earliest_put) return;
  if (promoting_ && (!lowered_ || *earliest_put < *lowered_)) lowered_ = earliest_put;
  if (*earliest_put <= promoted_due_) {
    promoted_due_ = *earliest_put;
    promoted_id_ = 0;
  }
}

void partition_owner::on_not_committed() {
  queue_.put_back();
  dirty_ = dirty_ || std::exchange(mark_sent_, false);
}

void partition_owner::settle_memory(const pending_row& done) {
  dirty_ = true;
  if (done.settles != 0) settle_number(done.settles);
  if (!done.leaves) return;
  entries_.erase(done.row.id);
  if (reading_) left_during_read_.insert(done.row.id);
  if (promoting_) left_during_promotion_.insert(done.row.id);
  if (asking_) left_during_asking_.insert(done.row.id);
}

void partition_owner::renewed(ownership held, boot_time now) {
  held_ = held.held;
  durable_mark_ = held.mark;
  track_ = reading_track(std::move(held.mark));
  undecided_.clear();
  for (pending_row& row : queue_.surrender()) {
    if (row.leaves) undecided_[row.row.id] = std::move(row);
  }
  for (auto at = entries_.begin(); at != entries_.end();) {
    const bool waits = at->second.marking || std::count(marked_.begin(), marked_.end(), at->first) > 0;
    if (at->second.at != phase::running || waits) {
      running_ -= waits ? 1 : 0;  // it is read again: only the store knows whether its mark is there
      at = entries_.erase(at);
      continue;
    }
    at->second.number = 0;
    at->second.shown = false;
    at->second.row.open = true;  // unknown: removing a row that is not there does no harm
    ++at;
  }
  marked_.clear();
  passed_over_.clear();
  ready_.clear();
  gates_.clear();
  shared_.clear();
  asked_.clear();
  end_asking();
  reread_ = false;
  taking_ = 0;
  reads_used_ = reads_begun_;
  recovery_read_ = reads_begun_ + 1;
  takes_answered_ = takes_begun_;
  shadows_ = 0;
  reading_ = promoting_ = false;
  page_.clear();
  left_during_read_.clear();
  left_during_promotion_.clear();
  lowered_.reset();
  next_mark_.reset();
  mark_sent_ = false;
  dirty_ = false;
  promoted_due_ = {};
  promoted_id_ = 0;
  next_due_ = held.next_due ? std::optional(ask_at(now, *held.next_due)) : std::nullopt;

  keys_ = {};
  for (auto& [id, e] : entries_) {
    if (e.row.key) keys_.resume(e.row.name, *e.row.key, id);
  }
  for (const open_task& task : held.keyed) {
    if (entries_.count(task.id) != 0) continue;
    keys_.put_open(task.name, task.key, task.id, task.runs);
    // Still in open although its last row was to end it or move it: that row was not written.
    const auto at = undecided_.find(task.id);
    if (at == undecided_.end() || at->second.row.open != finish_row::open_change::remove) continue;
    pending_row again = std::move(at->second);
    undecided_.erase(at);
    again.settles = 0;
    queue_again(std::move(again), task.runs);
  }
}

}  // namespace weir::cluster
