// A partition's owner: reading, promoting, and what enters the window.
#include <algorithm>
#include <utility>

#include <weir/assert.hpp>

#include "cluster/boot_delay.hpp"
#include "cluster/partition_owner.hpp"

namespace weir::cluster {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

/// Does the store's row show that an undecided row was written? An unfinished task cannot have had its final
/// one; a row that put it into open shows there, with its attempt counted.
bool was_written(const finish_row& undecided, const task_row& stored) {
  if (undecided.open != finish_row::open_change::put || !stored.open) return false;
  return undecided.result == 0 || stored.runs >= undecided.number;
}

}  // namespace

int partition_owner::room() const {
  if (shadows_ >= limits_.shadows) return 0;
  return limits_.window - taking_ - (static_cast<int>(entries_.size()) - shadows_);
}

bool partition_owner::has_room_to_read() const {
  return room() >= (backlog() ? std::min(limits_.batch, limits_.window / 2) : 1);
}

bool partition_owner::wants_read(bool poll) const {
  if (reading_ || reread_ || !has_room_to_read()) return false;
  if (backlog()) return true;
  const bool gated = !gates_.empty() && gates_.front().second.reads > reads_begun_;
  return poll || gated || track_.recovering();
}

read_request partition_owner::begin_read() {
  WEIR_ASSERT(!reading_);
  reading_ = true;
  if (!backlog()) ++reads_begun_;
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
    if (left_during_read_.count(row.id) != 0 || known(row)) continue;
    const sequence number = track_.begin_entry();
    const auto by = superseded_by.find(row.id);
    if (by == superseded_by.end()) {
      // What is being inserted now may be older, and was visible before this read.
      const task_id id = row.id;
      const wall_time at = row.created_at;
      admit(std::move(row), number, {0, takes_begun_});
      answer_early(id, at);
      continue;
    }
    // A newer one is committed and unfinished further on in the backlog: it will start later than now.
    entry& e = entries_[row.id];
    e.row = std::move(row);
    e.number = number;
    supersede({e.row.id, false, false, e.row.runs}, e.row, by->second, e.row.created_at);
    e.at = phase::settling;
  }
  track_.advance(page_taken_, count, read_limit_, last_xid, last_id);
  if (!backlog()) reads_used_ = reads_begun_;
  end_read();
  open_gates();
}

void partition_owner::end_read() {
  reading_ = false;
  page_.clear();
  left_during_read_.clear();
}

// -- being handed tasks ------------------------------------------------------

bool partition_owner::can_take(int rows) const {
  if (taking() || reread_ || backlog() || track_.recovering()) return false;
  // Some room is left to reads: those that open gates, too.
  return rows > 0 && room() >= rows + std::min(limits_.batch, limits_.window / 2);
}

void partition_owner::begin_take(int rows) {
  WEIR_ASSERT(can_take(rows));
  taking_ = rows;
  taking_number_ = track_.begin_entry();
  ++takes_begun_;
}

void partition_owner::on_taken(std::vector<task_row> rows) {
  WEIR_ASSERT(taking());
  taking_ = 0;
  takes_answered_ = takes_begun_;
  if (rows.empty()) {
    track_.settle(taking_number_);
    dirty_ = true;
  } else {
    shared_[taking_number_] = static_cast<int>(rows.size());
  }
  for (task_row& row : rows) {
    const task_id id = row.id;
    const wall_time at = row.created_at;
    admit(std::move(row), taking_number_, {reads_begun_ + 1, 0});
    answer_early(id, at);
  }
  open_gates();
}

void partition_owner::open_gates() {
  while (!gates_.empty() && passed(gates_.front().second)) {
    const task_id id = gates_.front().first;
    gates_.pop_front();
    const auto at = entries_.find(id);
    if (at == entries_.end() || !at->second.gated) continue;
    entry& e = at->second;
    e.gated = false;
    e.opened = true;
    keep_newest(e.row);
    ready_.push_back(id);
  }
}

bool partition_owner::stuck() {
  if (!queue_.empty() || mark_sent_) return false;  // what is on its way would be refused
  if (reread_ && !reading_ && !taking()) return true;
  return !gates_.empty() && gates_.front().second.reads > reads_used_ && !reading_ && !has_room_to_read() &&
         running_ == 0 && passed_over_.empty() && candidate() == nullptr;
}

void partition_owner::settle_number(sequence number) {
  if (const auto shared = shared_.find(number); shared != shared_.end()) {
    if (--shared->second > 0) return;
    shared_.erase(shared);
  }
  track_.settle(number);
}

/// While a new owner has not read what came before it, promoted tasks with a key wait for that, and may not fill
/// the window that it needs.
int partition_owner::room_to_promote() const {
  if (!track_.recovering()) return room();
  return std::min(room(), std::max(1, limits_.window / 4) - static_cast<int>(gates_.size()));
}

bool partition_owner::wants_promote(boot_time now) const {
  return !promoting_ && next_due_ && *next_due_ <= now && room_to_promote() > 0;
}

promote_request partition_owner::begin_promote() {
  WEIR_ASSERT(!promoting_);
  promoting_ = true;
  lowered_.reset();
  return {held_, promoted_due_, promoted_id_, std::min(limits_.batch, room_to_promote())};
}

void partition_owner::on_promoted(std::vector<task_row> rows, std::optional<milliseconds> next_due,
                                  boot_time now) {
  WEIR_ASSERT(promoting_);
  promoting_ = false;
  const std::optional<boot_time> due_of_puts = lowered_ ? next_due_ : std::nullopt;
  next_due_ = next_due ? std::optional(ask_at(now, *next_due)) : std::nullopt;
  for (task_row& row : rows) {
    promoted_due_ = row.due_order;
    promoted_id_ = row.id;
    row.open = true;
    row.due_in.reset();
    // Of my own earlier epoch, and not among what runs: it was about to start when that was renewed.
    const bool never_ran = row.left && row.left->epoch >= first_epoch_;
    if (never_ran) row.left.reset();
    if (left_during_promotion_.count(row.id) != 0 || known(row)) continue;
    // An older task of its key may be among what a former owner left unread.
    const task_id id = row.id;
    admit(std::move(row), 0, {recovery_read_, 0});
    if (never_ran) queue_open(entries_.at(id), 'w', 0ms, false);  // nor is the next owner to believe it
  }
  // What was put meanwhile may be due before the rows just fetched.
  if (lowered_ && *lowered_ <= promoted_due_) {
    promoted_due_ = *lowered_;
    promoted_id_ = 0;
  }
  if (due_of_puts && (!next_due_ || *due_of_puts < *next_due_)) next_due_ = due_of_puts;
  end_promotion();
}

void partition_owner::look_again(boot_time now) {
  next_due_ = now;
  promoted_due_ = {};
  promoted_id_ = 0;
  if (promoting_) lowered_ = promoted_due_;
  queue_.forget_pauses();
}

void partition_owner::end_promotion() {
  promoting_ = false;
  lowered_.reset();
  left_during_promotion_.clear();
}

/// True if this row needs no admission: it is in memory, or its result is already known.
bool partition_owner::known(const task_row& row) {
  if (const auto at = entries_.find(row.id); at != entries_.end()) {
    entry& e = at->second;  // runs on from before a renewal: from now on the mark must wait for it
    if (e.number == 0 && !row.open && e.at == phase::running && !e.shown) e.number = track_.begin_entry();
    return true;
  }
  // E.g. superseded while it waited in open: the row that ends it is on its way.
  if (queue_.holds(row.id)) return true;
  const auto undecided = undecided_.find(row.id);
  if (undecided == undecided_.end()) return false;
  pending_row again = std::move(undecided->second);
  undecided_.erase(undecided);
  if (was_written(again.row, row)) return false;
  entry& e = entries_[row.id];
  e.row = row;
  e.at = phase::settling;
  again.settles = row.open ? 0 : track_.begin_entry();
  queue_again(std::move(again), row.runs);
  return true;
}

/// Writes an undecided row after all. What stood before it may be lost, so its number follows what is stored.
void partition_owner::queue_again(pending_row row, int stored_runs) {
  if (row.row.result != 0) row.row.number = stored_runs + 1;
  if (row.row.open == finish_row::open_change::put)
    row.row.runs = stored_runs + (row.row.result != 0 ? 1 : 0);
  if (row.row.key && row.row.open == finish_row::open_change::put) {
    keys_.put_open(row.row.name, *row.row.key, row.row.id, row.row.runs);
  } else if (row.row.key) {
    keys_.remove_open(row.row.name, *row.row.key, row.row.id);
  }
  row.leaves = true;
  queue_.push(std::move(row));
}

/// Of the waiting tasks of a key that are not gated only the newest can ever start: of the others only the id is
/// kept. Whoever comes or is ungated makes at most one of them superfluous.
void partition_owner::keep_newest(const task_row& row) {
  bool kept = false;
  keys_.from_newest(row.name, *row.key, [&](task_id id) {
    entry& e = entries_.at(id);
    if (e.gated || !std::exchange(kept, true)) return true;
    if (!e.shadow) {
      e.shadow = true;
      e.opened = false;
      e.row.data = {};
      ++shadows_;
    }
    return false;
  });
}

void partition_owner::admit(task_row row, sequence number, gate behind) {
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
    keys_.wait(e.row.name, *e.row.key, id);
    e.gated = !passed(behind);
    if (e.gated) {
      gates_.emplace_back(id, behind);
      return;
    }
    keep_newest(e.row);
  }
  ready_.push_back(id);
}

}  // namespace weir::cluster
