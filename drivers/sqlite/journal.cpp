#include "drivers/sqlite/journal.hpp"

#include <iterator>
#include <utility>

namespace weir::sqlite {

result<memory::world_rows> journal::load() {
  std::unique_lock held(mutex_);
  // Whoever waits for something that is lost must hear so before tickets count anew.
  moved_.wait(held, [this] { return out_ == 0 && !writing_; });
  if (failed_) {
    if (auto again = file_->begin_anew(); !again) return again.error();
  }
  auto rows = file_->load();
  if (!rows) return rows.error();
  pending_.clear();
  kept_ = last_;
  failed_.reset();
  counters_ = counters_of(rows->counted).cells;
  return rows;
}

memory::keeper::ticket journal::take(const memory::world_rows& changed) {
  auto changes = changes_of(changed);
  change counters = counters_of(changed.counted);
  const std::lock_guard held(mutex_);
  // Transaction numbers alone are worth no write: those that nobody has written down can be given again.
  const bool counted =
      counters_.empty() || !std::equal(counters_.begin(), counters_.end() - 1, counters.cells.begin());
  if (!changes.empty() || counted) {
    counters_ = counters.cells;
    changes.push_back(std::move(counters));
    pending_.insert(pending_.end(), std::move_iterator(changes.begin()), std::move_iterator(changes.end()));
    ++last_;
  }
  ++out_;
  return last_;
}

bool journal::lost() const {
  const std::lock_guard held(mutex_);
  return failed_.has_value();
}

void journal::write(std::unique_lock<std::mutex>& held) {
  writing_ = true;
  const auto batch = std::exchange(pending_, {});
  const ticket upto = last_;
  held.unlock();
  auto written = file_->write(batch);
  held.lock();
  writing_ = false;
  if (written)
    kept_ = upto;
  else
    failed_ = std::move(written).error();
  moved_.notify_all();
}

result<void> journal::wait(ticket upto) {
  std::unique_lock held(mutex_);
  while (kept_ < upto && !failed_) {
    if (writing_)
      moved_.wait(held);
    else
      write(held);
  }
  const bool kept = kept_ >= upto;
  const std::string why = kept ? "" : failed_->message;
  if (--out_ == 0) moved_.notify_all();
  if (kept) return {};
  return error{errc::unavailable, "the store cannot be written: " + why};
}

}  // namespace weir::sqlite
