#include "app/api/node_door.hpp"

#include <chrono>

#include "domain/duration_text.hpp"

namespace weir::app {

void node_door::open(enqueue_way enqueue, deadline_of deadline) {
  const std::unique_lock sole(using_);
  enqueue_ = std::move(enqueue);
  closing_ = false;
  const std::lock_guard guard(lock_);
  deadline_ = std::move(deadline);
}

void node_door::close() {
  closing_ = true;
  {
    const std::lock_guard guard(lock_);
    deadline_ = {};
  }
  const std::unique_lock sole(using_);
  enqueue_ = {};
}

void node_door::begin_stop() {
  const std::lock_guard guard(lock_);
  stopping_ = true;
}

result<std::vector<inserted>> node_door::enqueue(std::vector<insert_row> rows) const {
  if (closing_) return error{errc::unavailable, "the node is joining its cluster"};
  const std::shared_lock together(using_);
  if (!enqueue_) return error{errc::unavailable, "the node is joining its cluster"};
  return enqueue_(std::move(rows));
}

void node_door::reload_by(std::function<reload_report()> reload) {
  const std::lock_guard guard(lock_);
  reload_ = std::move(reload);
}

std::optional<reload_report> node_door::reload() const {
  std::function<reload_report()> how;
  {
    const std::lock_guard guard(lock_);
    how = reload_;
  }
  return how ? std::optional{how()} : std::nullopt;
}

std::optional<not_ready> node_door::why_not_ready() const {
  const std::lock_guard guard(lock_);
  if (stopping_) return not_ready{"stopping", "the node drains and takes no more tasks"};
  if (!deadline_) return not_ready{"joining", "the node is joining its cluster"};
  const auto late = std::chrono::duration_cast<std::chrono::milliseconds>(boot_clock::now() - deadline_());
  if (late.count() < 0) return std::nullopt;
  return not_ready{"no_beat", "the last beat that the database answered is too old (its ownership ended " +
                                  domain::format_duration(late) + " ago): is the database reachable?"};
}

}  // namespace weir::app
