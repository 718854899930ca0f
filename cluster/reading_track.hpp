// How far an owner has read its partition, and how far the durable low-water mark may follow.
//
// Reading goes from snapshot to snapshot with a cursor in between (never by id: ids are taken before commit,
// so a lower id can appear late). Every entry read gets a sequence number in reading order. A position is
// safe to write as the mark once every entry read before it is settled: finished, or durable in `open`.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include <weir/driver/types.hpp>

namespace weir::cluster {

/// Counts entries in reading order. 0 is never given.
using sequence = std::uint64_t;

/// One partition's reading position under one epoch. Not thread-safe: one owner.
class reading_track {
 public:
  /// Goes on at the mark an acquisition returned.
  explicit reading_track(reading_position mark);

  const reading_position& position() const { return position_; }
  /// True until the first snapshot taken after the acquisition is used up: until then a read must leave
  /// out what a former owner finished or put into `open`.
  bool recovering() const { return recovering_ > 0; }
  /// True while a snapshot is half read: there are rows to fetch without waiting for new commits.
  bool backlog() const { return position_.upto.has_value(); }

  /// Takes a read's answer: `count` rows of at most `limit`, the last one at (xid, id).
  void advance(const snapshot& taken, int count, int limit, transaction_id last_xid, task_id last_id);

  /// Gives an entry its number. For entries handed to the window call it *before* their insert is sent, so
  /// that no position recorded meanwhile can leave them behind.
  sequence begin_entry();
  /// The entry is finished or durable in `open`.
  void settle(sequence entry);

  /// The newest position that may be written, if it is newer than the last one taken.
  std::optional<reading_position> take_mark();

 private:
  struct milestone {
    reading_position position;
    sequence before;  ///< entries with a lower number must be settled first
  };
  void record();

  reading_position position_;
  int recovering_;
  sequence next_ = 1;
  sequence base_ = 1;         ///< the lowest unsettled number
  std::deque<bool> settled_;  ///< of base_, base_ + 1, ...
  std::deque<milestone> milestones_;
};

}  // namespace weir::cluster
