// Where the worker leaves its note for the beat's thread, and what of it was told to people.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <weir/boot_clock.hpp>

#include "cluster/worker_note.hpp"

namespace weir::actors {

/// Thread-safe.
class note_box {
 public:
  /// @param refused_before  by former incarnations of this process: they count on.
  explicit note_box(std::int64_t refused_before) : before_(refused_before), told_(refused_before) {
    note_.late_writes_refused = before_;
  }

  void put(cluster::worker_note note) {
    const std::lock_guard guard(lock_);
    note_ = std::move(note);
    note_.late_writes_refused += before_;
  }
  cluster::worker_note get() const {
    const std::lock_guard guard(lock_);
    return note_;
  }

  /// What to say of late writes, if there are new ones; at most once in `pause`, unless it is the last word.
  std::optional<std::string> news(boot_time now, bool last_word) {
    const std::lock_guard guard(lock_);
    const std::int64_t more = note_.late_writes_refused - told_;
    if (more == 0 || (!last_word && told_at_ && now - *told_at_ < pause)) return std::nullopt;
    told_ = note_.late_writes_refused;
    told_at_ = now;
    return std::to_string(more) + (more == 1 ? " late write was" : " late writes were") + " refused (" +
           std::to_string(told_) + " since this process started): what " +
           (more == 1 ? "it was" : "they were") + " about has another owner by now, and is run there";
  }

 private:
  static constexpr std::chrono::seconds pause{10};

  mutable std::mutex lock_;
  const std::int64_t before_;
  cluster::worker_note note_;
  std::int64_t told_;
  std::optional<boot_time> told_at_;
};

}  // namespace weir::actors
