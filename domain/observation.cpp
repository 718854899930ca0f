// One pass over the rows of an answer; incarnations that are gone from it are forgotten.
#include "domain/observation.hpp"

#include <algorithm>

#include <weir/assert.hpp>

namespace weir::domain {
namespace {

bool living(node_state state) {
  return state == node_state::joining || state == node_state::active || state == node_state::draining;
}

}  // namespace

observer::observer(std::chrono::milliseconds ttl) : ttl_(ttl) { WEIR_ASSERT(ttl.count() > 0); }

std::vector<suspect> observer::observe(std::int32_t timeline, const std::vector<node_row>& nodes, node_id me,
                                       boot_time answered) {
  if (!timeline_ || timeline_->number != timeline) {
    timeline_ = known_timeline{timeline, answered};
    sightings_.clear();
  }
  const bool stood_still = last_answer_ && answered - *last_answer_ > ttl_ / 2;
  if (stood_still) sightings_.clear();
  last_answer_ = answered;

  std::map<node_id, sighting> now_seen;
  std::vector<suspect> suspects;
  for (const node_row& row : nodes) {
    if (row.id == me || !living(row.state)) continue;
    const auto before = sightings_.find(row.id);
    const bool unchanged = before != sightings_.end() && before->second.beat == row.beat;
    const boot_time since = unchanged ? before->second.since : answered;
    now_seen[row.id] = {row.beat, since};
    if (answered - since >= ttl_) suspects.push_back({row.id, row.beat, timeline, row.facts.name});
  }
  sightings_ = std::move(now_seen);
  std::sort(suspects.begin(), suspects.end(), [](const suspect& a, const suspect& b) { return a.id < b.id; });
  return suspects;
}

std::optional<boot_time> observer::next_expiry(boot_time now) const {
  std::optional<boot_time> next;
  for (const auto& [_, seen] : sightings_) {
    const boot_time at = seen.since + ttl_;
    if (at > now && (!next || at < *next)) next = at;
  }
  return next;
}

void observer::reset() {
  sightings_.clear();
  last_answer_.reset();
}

std::chrono::milliseconds observer::timeline_seen_for(boot_time now) const {
  if (!timeline_ || now <= timeline_->since) return std::chrono::milliseconds{0};
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - timeline_->since);
}

}  // namespace weir::domain
