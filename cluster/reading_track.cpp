#include "cluster/reading_track.hpp"

#include <utility>

#include <weir/assert.hpp>

namespace weir::cluster {

namespace {
// More milestones than this only save a second of re-reading after a crash.
constexpr std::size_t milestones_kept = 64;
}  // namespace

reading_track::reading_track(reading_position mark)
    : position_(std::move(mark)), recovering_(position_.upto ? 2 : 1) {}

void reading_track::advance(const snapshot& taken, int count, int limit, transaction_id last_xid,
                            task_id last_id) {
  WEIR_ASSERT(count <= limit);
  if (!position_.upto) position_.upto = taken;
  if (count == limit) {
    position_.at_xid = last_xid;
    position_.at_id = last_id;
  } else {
    position_.seen = *std::exchange(position_.upto, std::nullopt);
    position_.at_xid = 0;
    position_.at_id = 0;
    if (recovering_ > 0) --recovering_;
  }
  record();
}

sequence reading_track::begin_entry() {
  settled_.push_back(false);
  return next_++;
}

void reading_track::settle(sequence entry) {
  WEIR_ASSERT(entry >= base_);
  WEIR_ASSERT(entry < next_);
  settled_[entry - base_] = true;
  while (!settled_.empty() && settled_.front()) {
    settled_.pop_front();
    ++base_;
  }
}

void reading_track::record() {
  if (!milestones_.empty() && milestones_.back().before == next_) milestones_.pop_back();
  milestones_.push_back({position_, next_});
  // Keep the oldest (it will be reached first) and the newest; thin out what lies between.
  if (milestones_.size() > milestones_kept) milestones_.erase(milestones_.begin() + 1);
}

std::optional<reading_position> reading_track::take_mark() {
  std::optional<reading_position> best;
  while (!milestones_.empty() && milestones_.front().before <= base_) {
    best = std::move(milestones_.front().position);
    milestones_.pop_front();
  }
  return best;
}

}  // namespace weir::cluster
