// What a partition still has to write, in order.
//
// Order is a promise: the rows that end superseded tasks are queued when the newer one starts and its result
// when it ends, so that no crash can leave a newer task DONE and an older one of its key unfinished.
#pragma once

#include <deque>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <weir/driver/types.hpp>

#include "cluster/reading_track.hpp"

namespace weir::cluster {

/// One row on its way, and what its commit settles in memory.
struct pending_row {
  finish_row row;
  sequence settles = 0;  ///< entry number to settle, 0 = none
  bool leaves = false;   ///< the task leaves memory once this has committed
  bool paused = false;   ///< its name is: no promotion is to be made for it
};

/// FIFO of rows of one partition. Not thread-safe.
class finish_queue {
 public:
  void push(pending_row row) {
    ++rows_of_[row.row.id];
    waiting_.push_back(std::move(row));
  }
  /// A row of this task has yet to be committed: what the store shows of the task is older than what is known.
  bool holds(task_id id) const { return rows_of_.count(id) != 0; }
  bool empty() const { return waiting_.empty() && flight_.empty(); }
  bool in_flight() const { return !flight_.empty(); }
  std::size_t size() const { return waiting_.size() + flight_.size(); }

  /// Moves rows into `into`, at most `room`, and never two rows of one task into one statement.
  int collect(std::vector<finish_row>& into, int room) {
    std::unordered_set<task_id> seen;
    int taken = 0;
    while (taken < room && !waiting_.empty() && seen.insert(waiting_.front().row.id).second) {
      into.push_back(waiting_.front().row);
      flight_.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
      ++taken;
    }
    return taken;
  }

  /// The statement committed: hands over its rows.
  std::vector<pending_row> committed() {
    for (const pending_row& done : flight_) {
      const auto at = rows_of_.find(done.row.id);
      if (--at->second == 0) rows_of_.erase(at);
    }
    return std::exchange(flight_, {});
  }

  /// The statement did nothing: its rows go first again.
  void put_back() {
    while (!flight_.empty()) {
      waiting_.push_front(std::move(flight_.back()));
      flight_.pop_back();
    }
  }

  /// A name was resumed: what is on its way into `open` is to be promoted after all.
  void forget_pauses() {
    for (pending_row& row : flight_) row.paused = false;
    for (pending_row& row : waiting_) row.paused = false;
  }

  /// The statement's fate is unknown: everything is handed over, rows in flight and rows behind them.
  std::vector<pending_row> surrender() {
    std::vector<pending_row> all = std::exchange(flight_, {});
    for (pending_row& row : waiting_) all.push_back(std::move(row));
    waiting_.clear();
    rows_of_.clear();
    return all;
  }

 private:
  std::deque<pending_row> waiting_;
  std::vector<pending_row> flight_;
  std::unordered_map<task_id, int> rows_of_;
};

}  // namespace weir::cluster
