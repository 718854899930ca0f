// Rates are differences of totals: done, failed and cancelled alike leave the queue.
#include "app/cli/live_view.hpp"

#include <algorithm>

#include <weir/assert.hpp>

#include "app/cli/cell_text.hpp"
#include "app/cli/figures.hpp"

namespace weir::app {

void live_view::saw(cluster_view view, boot_time at, std::optional<std::vector<warning>> warnings) {
  const double seconds = seen_at_ ? std::chrono::duration<double>(at - *seen_at_).count() : 0;
  for (const auto& counts : view.counts) {
    const auto finished = counts.done + counts.failed + counts.cancelled;
    auto& rate = rates_[counts.stream];
    if (rate.history.empty()) rate.history.assign(history, 0);  // as wide from the first frame on
    const auto before = finished_.find(counts.stream);
    if (before != finished_.end() && seconds > 0) {
      rate.now = static_cast<double>(std::max<std::int64_t>(0, finished - before->second)) / seconds;
      rate.history.push_back(rate.now);
      rate.history.erase(rate.history.begin());
    }
    finished_[counts.stream] = finished;
  }
  view_ = std::move(view);
  warnings_ = std::move(warnings);
  seen_at_ = at;
  trouble_.clear();
  away_since_.reset();
}

void live_view::missed(const std::string& why, boot_time at) {
  if (!away_since_) away_since_ = at;
  trouble_ = why;
}

std::string live_view::trouble_at(boot_time at) const {
  if (!away_since_) return {};
  return asked_ + " away for " + age_text(std::chrono::duration<double>(at - *away_since_).count()) + ": " +
         trouble_ + (view_ ? " (below: what was last seen)" : "");
}

frame_input live_view::input(wall_time now, boot_time at) const {
  WEIR_ASSERT(view_);
  return {*view_, now, rates_, trouble_at(at), warnings_};
}

std::vector<std::string> live_view::frame(wall_time now, boot_time at, const frame_shape& shape) const {
  if (!view_)
    return {paint({{"weir", look::bold}, {"  " + printable(trouble_at(at)), look::red}}, shape.colour,
                  shape.columns)};
  return status_frame(input(now, at), shape);
}

}  // namespace weir::app
