#include "cluster/partition_owner.hpp"

#include <algorithm>
#include <utility>

#include <weir/assert.hpp>

namespace weir::cluster {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

boot_time in(boot_time now, milliseconds delay) { return now + std::max(delay, milliseconds{0}); }

void add(mark_move& to, const mark_move& more) {
  to.done += more.done;
  to.failed += more.failed;
  to.cancelled += more.cancelled;
}

finish_row row_for(const task_row& task) {
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

}  // namespace

partition_owner::partition_owner(ownership held, owner_limits limits, boot_time now)
    : held_(held.held), limits_(limits), track_(std::move(held.mark)) {
  for (const open_task& task : held.keyed) keys_.put_open(task.name, task.key, task.id, task.runs);
  if (held.next_due) next_due_ = in(now, *held.next_due);
}

// -- reading -----------------------------------------------------------------

int partition_owner::room() const {
  if (shadows_ >= limits_.shadows) return 0;
  return limits_.window - (static_cast<int>(entries_.size()) - shadows_);
}

bool partition_owner::wants_read(bool poll) const {
  if (reading_ || room() <= 0) return false;
  if (backlog()) return room() >= std::min(limits_.batch, limits_.window / 2);
  return poll || track_.recovering();
}

read_request partition_owner::begin_read() {
  WEIR_ASSERT(!reading_);
  reading_ = true;
  read_limit_ = std::min(limits_.batch, room());
  return {held_, track_.position(), track_.recovering(), read_limit_};
}

std::vector<newer_request> partition_owner::on_read(const snapshot& taken, std::vector<task_row> rows) {
  WEIR_ASSERT(reading_);
  page_taken_ = taken;
  page_ = std::move(rows);
  std::vector<newer_request> ask;
  if (static_cast<int>(page_.size()) == read_limit_) {
    for (const task_row& row : page_) {
      if (row.key && !row.due_in) ask.push_back({row.part, row.id, row.name, *row.key});
    }
  }
  if (ask.empty()) on_newer({});
  return ask;
}

void partition_owner::on_newer(const std::vector<newer_reply>& newer) {
  WEIR_ASSERT(reading_);
  std::unordered_map<task_id, task_id> superseded_by;
  for (const newer_reply& reply : newer) superseded_by[reply.id] = reply.newer;

  const int count = static_cast<int>(page_.size());
  const transaction_id last_xid = count > 0 ? page_.back().xid : 0;
  const task_id last_id = count > 0 ? page_.back().id : 0;
  for (task_row& row : page_) {
    if (known(row)) continue;
    const sequence number = track_.begin_entry();
    const auto by = superseded_by.find(row.id);
    if (by == superseded_by.end()) {
      admit(std::move(row), number);
      continue;
    }
    // A newer one is committed and unfinished further on in the backlog: it will start later than now.
    entry& e = entries_[row.id];
    e.row = std::move(row);
    e.number = number;
    supersede({e.row.id, false, false, e.row.runs}, by->second, e.row.created_at);
    e.at = phase::settling;
  }
  page_.clear();
  track_.advance(page_taken_, count, read_limit_, last_xid, last_id);
  reading_ = false;
  if (!promoting_) just_left_.clear();
}

void partition_owner::on_read_failed() {
  reading_ = false;
  page_.clear();
  if (!promoting_) just_left_.clear();
}

bool partition_owner::wants_promote(boot_time now) const {
  return !promoting_ && next_due_ && *next_due_ <= now && room() > 0;
}

promote_request partition_owner::begin_promote() {
  WEIR_ASSERT(!promoting_);
  promoting_ = true;
  lowered_.reset();
  return {held_, promoted_due_, promoted_id_, std::min(limits_.batch, room())};
}

void partition_owner::on_promoted(std::vector<task_row> rows, std::optional<milliseconds> next_due, boot_time now) {
  WEIR_ASSERT(promoting_);
  promoting_ = false;
  const std::optional<boot_time> due_of_puts = lowered_ ? next_due_ : std::nullopt;
  next_due_ = next_due ? std::optional(in(now, *next_due)) : std::nullopt;
  for (task_row& row : rows) {
    promoted_due_ = row.due_order;
    promoted_id_ = row.id;
    row.open = true;
    row.due_in.reset();
    if (known(row)) continue;
    admit(std::move(row), 0);
  }
  // What was put meanwhile may be due before the rows just fetched.
  if (lowered_ && *lowered_ <= promoted_due_) {
    promoted_due_ = *lowered_;
    promoted_id_ = 0;
  }
  if (due_of_puts && (!next_due_ || *due_of_puts < *next_due_)) next_due_ = due_of_puts;
  lowered_.reset();
  if (!reading_) just_left_.clear();
}

/// True if this row needs no admission: it is in memory, it has just left, or its result is already known.
bool partition_owner::known(const task_row& row) {
  if (just_left_.count(row.id) != 0) return true;
  if (const auto at = entries_.find(row.id); at != entries_.end()) {
    entry& e = at->second;  // runs on from before a renewal: from now on the mark must wait for it
    if (e.number == 0 && !row.open && e.at == phase::running && !e.shown) e.number = track_.begin_entry();
    return true;
  }
  const auto undecided = undecided_.find(row.id);
  if (undecided == undecided_.end()) return false;
  pending_row again = std::move(undecided->second);
  undecided_.erase(undecided);
  entry& e = entries_[row.id];
  e.row = row;
  e.at = phase::settling;
  again.settles = e.number = row.open ? 0 : track_.begin_entry();
  queue_again(std::move(again));
  return true;
}

void partition_owner::queue_again(pending_row row) {
  if (row.row.key && row.row.open == finish_row::open_change::put) {
    keys_.put_open(row.row.name, *row.row.key, row.row.id, row.row.runs);
  } else if (row.row.key) {
    keys_.remove_open(row.row.name, *row.row.key, row.row.id);
  }
  row.leaves = true;
  queue_.push(std::move(row));
}

void partition_owner::admit(task_row row, sequence number) {
  const task_id id = row.id;
  entry& e = entries_[id];
  e.row = std::move(row);
  e.number = number;
  if (e.row.due_in && *e.row.due_in > 0ms) {
    const milliseconds delay = *e.row.due_in;
    e.at = phase::settling;
    queue_open(e, 'w', delay, true);
    return;
  }
  if (e.row.key) {
    // Of the waiting tasks of a key only the newest can ever start: of the others only the id is kept.
    const task_id newest = keys_.newest(e.row.name, *e.row.key);
    keys_.wait(e.row.name, *e.row.key, id);
    if (newest != 0) {
      entry& older = newest < id ? entries_.at(newest) : e;
      older.shadow = true;
      older.row.data = {};
      ++shadows_;
    }
  }
  if (!e.shadow) ready_.push_back(id);
}

// -- running -----------------------------------------------------------------

const task_row* partition_owner::candidate() {
  while (!ready_.empty()) {
    const task_id id = ready_.front();
    const auto at = entries_.find(id);
    if (at != entries_.end() && at->second.at == phase::waiting && !at->second.shadow) {
      const task_row& row = at->second.row;
      if (!row.key || keys_.startable(row.name, *row.key) == id) return &row;
    }
    ready_.pop_front();  // gone, or waits behind its key: the end of that run brings it back
  }
  return nullptr;
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
  e.at = phase::settling;
}

void partition_owner::start(task_id id, const moment& now) {
  entry& e = entries_.at(id);
  WEIR_ASSERT(e.at == phase::waiting);
  WEIR_ASSERT(!e.shadow);
  e.at = phase::running;
  e.started = now.boot;
  ++running_;
  if (!e.row.key) return;
  for (const auto& old : keys_.start(e.row.name, *e.row.key, id)) supersede(old, id, now.wall);
}

void partition_owner::supersede(const key_lanes::superseded& old, task_id by, wall_time at) {
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
  row.result = static_cast<char>(domain::run_result::superseded);
  row.number = row.runs + 1;
  row.started_at = at;
  row.message = "superseded by " + std::to_string(by);
  row.open = open ? finish_row::open_change::remove : finish_row::open_change::none;
  pending.leaves = true;
  queue_.push(std::move(pending));
}

void partition_owner::queue_open(entry& e, char state, milliseconds delay, bool leaves) {
  pending_row pending;
  pending.row = row_for(e.row);
  pending.row.open = finish_row::open_change::put;
  pending.row.open_state = state;
  pending.row.due_in = delay;
  pending.settles = std::exchange(e.number, 0);
  pending.leaves = leaves;
  if (e.row.key && leaves) keys_.put_open(e.row.name, *e.row.key, e.row.id, e.row.runs);
  queue_.push(std::move(pending));
}

void partition_owner::park(task_id id, milliseconds delay) {
  const task_row first = entries_.at(id).row;
  std::vector<task_id> all{id};
  if (first.key) all = keys_.waiting(first.name, *first.key);
  for (const task_id one : all) {
    entry& e = entries_.at(one);
    if (e.row.key) keys_.forget(e.row.name, *e.row.key, one);
    leave_window(e);
    queue_open(e, 'w', delay, true);
  }
}

void partition_owner::cancel(task_id id, const std::string& message, const moment& now) {
  start(id, now);
  settlement how;
  how.result = domain::run_result::cancel;
  how.message = message;
  how.started_at = now.wall;
  on_settled(id, how);
}

void partition_owner::on_settled(task_id id, const settlement& how) {
  entry& e = entries_.at(id);
  WEIR_ASSERT(e.at == phase::running);
  --running_;
  e.at = phase::settling;
  e.row.runs += 1;
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

void partition_owner::show_running(boot_time since) {
  if (running_ == 0) return;
  for (auto& [id, e] : entries_) {
    if (e.at != phase::running || e.shown || e.started > since) continue;
    e.shown = true;
    queue_open(e, 'i', 0ms, false);
  }
}

// -- finishing ---------------------------------------------------------------

int partition_owner::collect(finish_request& into, int room_left, bool with_mark) {
  const int rows = queue_.collect(into.rows, room_left);
  bool moved = false;
  if (with_mark && dirty_) {
    if (auto newer = track_.take_mark()) mark_ = std::move(newer);
    if (mark_) {
      mark_move move = totals_;
      move.part = held_.part;
      move.position = *mark_;
      totals_in_flight_ = std::exchange(totals_, {});
      dirty_ = false;
      into.marks.push_back(std::move(move));
      moved = true;
    }
  }
  if (rows > 0 || moved) into.held.push_back(held_);
  return rows;
}

void partition_owner::on_committed(std::optional<std::chrono::microseconds> earliest_put, boot_time now) {
  totals_in_flight_ = {};
  if (!dirty_) mark_.reset();
  for (const pending_row& done : queue_.committed()) {
    settle_memory(done);
    if (done.row.open == finish_row::open_change::put && done.leaves) {
      const boot_time due = in(now, done.row.due_in);
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
  add(totals_, std::exchange(totals_in_flight_, {}));
  if (mark_) dirty_ = true;
}

void partition_owner::settle_memory(const pending_row& done) {
  dirty_ = true;
  if (done.settles != 0) track_.settle(done.settles);
  switch (static_cast<domain::run_result>(done.row.result)) {
    case domain::run_result::success: ++totals_.done; break;
    case domain::run_result::failure: ++totals_.failed; break;
    case domain::run_result::cancel:
    case domain::run_result::superseded:
    case domain::run_result::moved: ++totals_.cancelled; break;
    case domain::run_result::retry:
    case domain::run_result::snooze:
    case domain::run_result::timeout:
    case domain::run_result::crash:
    case domain::run_result::interrupted: break;
    default: break;  // no attempt in this row
  }
  if (!done.leaves) return;
  entries_.erase(done.row.id);
  if (reading_ || promoting_) just_left_.insert(done.row.id);
}

void partition_owner::renewed(ownership held, boot_time now) {
  held_ = held.held;
  track_ = reading_track(std::move(held.mark));
  undecided_.clear();
  for (pending_row& row : queue_.surrender()) {
    if (row.row.result != 0 || row.leaves) undecided_[row.row.id] = std::move(row);
  }
  for (auto at = entries_.begin(); at != entries_.end();) {
    if (at->second.at != phase::running) {
      at = entries_.erase(at);
      continue;
    }
    at->second.number = 0;
    at->second.shown = false;
    at->second.row.open = true;  // unknown: removing a row that is not there does no harm
    ++at;
  }
  ready_.clear();
  shadows_ = 0;
  reading_ = promoting_ = false;
  page_.clear();
  just_left_.clear();
  lowered_.reset();
  mark_.reset();
  dirty_ = false;
  totals_ = totals_in_flight_ = {};
  promoted_due_ = {};
  promoted_id_ = 0;
  next_due_ = held.next_due ? std::optional(in(now, *held.next_due)) : std::nullopt;

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
    queue_again(std::move(again));
  }
}

}  // namespace weir::cluster
