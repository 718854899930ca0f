// The worker machine: which partitions it takes, keeps and gives back.
#include <algorithm>
#include <utility>

#include "cluster/worker_machine.hpp"
#include "cluster/worker_parts.hpp"
#include "domain/careful_start.hpp"

namespace weir::cluster {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {
/// After this the owner is busy with something long, and is asked less often.
constexpr milliseconds release_patience = 3s;
constexpr milliseconds release_pause_later = 500ms;
/// How long a stopping node waits to hear who takes a partition over.
constexpr milliseconds successor_pause = 3s;
}  // namespace

void worker_machine::on_view(const beat_view& view, bool timeline_waited, const moment& now) {
  const auto& paused = view.paused_names;
  // Also after a pause between two beats, which promotions have heeded and no view has shown.
  const bool resumed =
      view.pauses != view_.pauses ||
      !std::includes(paused.begin(), paused.end(), view_.paused_names.begin(), view_.paused_names.end());
  view_ = view;
  timeline_waited_ = timeline_waited;
  for (const stream_row& stream : view.streams) {
    lane& l = lanes_[stream.id];
    l.obey(stream);
    l.pace.obey(stream.rate, now.boot);
    tell(l, l.breaker.obey(stream.breaker));
  }
  // A partition that a view does not show is neither mine nor wished here.
  for (auto& [part, h] : holdings_) h.row.assigned_to.clear();
  for (const partition_row& row : view.partitions) {
    holding& h = holdings_[row.id];
    h.row = row;
    if (!row.freed_by_crash) h.freed_seen.reset();
    if (row.freed_by_crash && !h.freed_seen) h.freed_seen = now.boot;
    // A higher epoch than mine comes from a take-over, unless my own renewal is on its way; a lower one is a view
    // from before my own.
    const bool renewal = h.at == holding::phase::renewing && row.owner == settings_.me;
    if (h.owner && row.epoch > h.owner->held().epoch && !renewal) lose(h);
  }
  for (auto& [part, h] : holdings_) {
    if (resumed && h.owner) h.owner->look_again(now.boot);
  }
  requested_.insert(view.requested.begin(), view.requested.end());
  const bool takes = !stopping_since_ && !fenced_ && !view.drain_wanted && view.state == node_state::active;
  for (auto at = holdings_.begin(); at != holdings_.end();) {
    holding& h = at->second;
    const bool wished = h.row.assigned_to == settings_.name;
    h.wanted = takes && wished;
    if (!h.wanted)
      h.wanted_since.reset();
    else if (!h.wanted_since)
      h.wanted_since = now.boot;
    if (wished && (takes || stopping_since_))
      h.unwanted_since.reset();
    else if (!h.unwanted_since)
      h.unwanted_since = now.boot;
    if (h.at == holding::phase::draining && h.wanted) h.at = holding::phase::owned;  // the wish came back
    free_if_done(h);
    const bool mine = h.row.owner == settings_.me;
    const bool gone = h.at == holding::phase::free && !h.wanted && !mine && !ownership_busy_;
    at = gone ? holdings_.erase(at) : std::next(at);
  }
  drain_unwanted(now);
}

bool worker_machine::active(const std::string& node) const {
  return std::any_of(view_.nodes.begin(), view_.nodes.end(), [&](const node_row& n) {
    return n.facts.name == node && n.state == node_state::active && !n.drain_wanted;
  });
}

/// Lets go of what is wished elsewhere, once the node wished for stands ready, and of everything when the
/// node stops and nobody was named in time.
void worker_machine::drain_unwanted(const moment& now) {
  for (auto& [_, h] : holdings_) {
    if (h.at != holding::phase::owned) continue;
    if (h.unwanted_since) {
      const bool told = linked_.count(h.row.assigned_to) > 0;
      const milliseconds notice = active(h.row.assigned_to) && !told ? settings_.notice : 0ms;
      if (now.boot - *h.unwanted_since >= notice) begin_drain(h, now);
    } else if (stopping_since_ && now.boot - *stopping_since_ >= successor_pause) {
      begin_drain(h, now);
    }
  }
}

void worker_machine::begin_stop(const moment& now) {
  if (stopping_since_) {
    end_now_ = true;
    for (auto& [_, h] : holdings_) {
      if (h.at == holding::phase::owned) begin_drain(h, now);
      h.drain_until = now.boot;
    }
    return;
  }
  stopping_since_ = now.boot;
  for (auto& [_, h] : holdings_) h.wanted = false;
}

void worker_machine::on_fenced(const moment& /*now*/) {
  fenced_ = true;
  for (auto& [_, h] : holdings_) {
    h.wanted = false;
    if (h.at != holding::phase::free) lose(h);
  }
}

void worker_machine::begin_drain(holding& h, const moment& now) {
  h.at = holding::phase::draining;
  h.drain_until = end_now_ ? now.boot : now.boot + settings_.drain_timeout;
}

void worker_machine::lose(holding& h) {
  h.at = holding::phase::lost;
  forget_marking(h.row.id);
  lane& l = lanes_[h.row.stream];
  for (auto& [id, r] : runs_) {
    if (r.part != h.row.id) continue;
    r.orphan = true;
    l.breaker.forget(id);
  }
  if (h.owner) refused_ += static_cast<std::int64_t>(h.owner->unwritten());
  h.owner.reset();
  leave_lane(l, h.row.id);
  free_if_done(h);
}

/// What a stream's runs did counts as long as this node has some of it: elsewhere it is tried anew.
void worker_machine::leave_lane(lane& l, part_id part) {
  l.parts.erase(std::remove(l.parts.begin(), l.parts.end(), part), l.parts.end());
  if (l.parts.empty()) tell(l, l.breaker.reset());
}

/// A lost partition stays taken until nothing of it runs here: taking it again would run its tasks twice.
void worker_machine::free_if_done(holding& h) {
  if (h.at != holding::phase::lost) return;
  const lane& l = lanes_[h.row.stream];
  if (l.isolated() && l.opened && l.parts.empty()) return;
  const bool runs =
      std::any_of(runs_.begin(), runs_.end(), [&](const auto& r) { return r.second.part == h.row.id; });
  if (!runs) h.at = holding::phase::free;
}

std::optional<ownership_request> worker_machine::next_ownership(const moment& now) {
  drain_unwanted(now);
  if (ownership_busy_ || !may_own(now) || now.boot < retry_at_) return std::nullopt;
  const auto ask = [&](ownership_request request) {
    ownership_busy_ = true;
    return request;
  };
  for (auto& [part, h] : holdings_) {
    if (h.at == holding::phase::renewing)
      return ask({ownership_request::what::renew, h.owner->held(), false, false});
  }
  for (auto& [part, h] : holdings_) {
    if (h.at != holding::phase::draining || !h.owner->quiet()) continue;
    const lane& l = lanes_[h.row.stream];
    if (l.isolated() && l.opened && l.parts.size() == 1) continue;  // next_closes comes first
    h.at = holding::phase::releasing;
    return ask({ownership_request::what::release, h.owner->held(), false, false});
  }
  // Single streams first: they are what somebody waits for.
  awaits_release_ = false;
  holding* next = nullptr;
  for (auto& [part, h] : holdings_) {
    if (h.at != holding::phase::free || !may_take(h, now)) continue;
    const bool single = lanes_[h.row.stream].stream.mode == stream_mode::single;
    if (next == nullptr || (single && lanes_[next->row.stream].stream.mode != stream_mode::single)) next = &h;
  }
  if (next == nullptr) return std::nullopt;
  next->asked = now.boot;
  if (next->row.owner == settings_.me) {  // an acquisition whose answer was lost
    return ask({ownership_request::what::renew, {next->row.id, next->row.epoch}, false, false});
  }
  return ask(
      {ownership_request::what::acquire,
       {next->row.id, 0},
       timeline_waited_,
       next->freed_seen && now.boot - *next->freed_seen >= lanes_[next->row.stream].stream.handover_delay});
}

/// A wished partition is tried when it looks free, and again and again while its owner is about to let go.
bool worker_machine::may_take(const holding& h, const moment& now) {
  // An acquisition whose answer was lost, and that nobody wants any more: taken, to be given back.
  const bool stray = !h.wanted && h.row.owner == settings_.me && h.row.timeline == view_.timeline;
  if (stray) return now.boot - h.asked >= release_pause_later;
  if (!h.wanted) return false;
  if (h.row.timeline != view_.timeline && !timeline_waited_) return false;
  if (h.row.freed_by_crash) {
    const auto delay = lanes_[h.row.stream].stream.handover_delay;
    if (!h.freed_seen || now.boot - *h.freed_seen < delay) return false;
  }
  awaits_release_ = awaits_release_ || h.row.owner != settings_.me;
  const bool soon = h.wanted_since && now.boot - *h.wanted_since < release_patience;
  return now.boot - h.asked >= (soon ? release_pause : release_pause_later);
}

void worker_machine::on_hints(const std::vector<part_id>& freed, const std::vector<part_id>& fed,
                              const moment& now) {
  for (const part_id part : freed) {
    holding* h = find(part);
    if (h == nullptr || h->at != holding::phase::free) continue;
    // It may be tried now, and is tried often for a while should that come to nothing.
    h->asked = boot_time{};
    if (h->wanted) h->wanted_since = now.boot;
  }
  for (const part_id part : fed) {
    if (const holding* h = find(part); h != nullptr && h->at == holding::phase::owned) fed_.insert(part);
  }
}

void worker_machine::on_acquired(const ownership_request& asked, result<ownership> answer,
                                 const moment& now) {
  ownership_busy_ = false;
  holding* h = find(asked.held.part);
  if (h == nullptr || fenced_) return;
  if (!answer) {
    if (h->at != holding::phase::renewing) return;  // the next view tells whether to try again
    if (answer.error().code == errc::refused)
      lose(*h);
    else
      retry_at_ = now.boot + store_pause;
    return;
  }
  h->timeline = answer->timeline;
  if (h->at == holding::phase::renewing) {
    forget_marking(asked.held.part);
    h->owner->renewed(std::move(*answer), now.boot);
  } else {
    lane& l = lanes_[h->row.stream];
    const caution care{l.stream.where == isolation::thread, domain::marked_starts(answer->unclean)};
    h->owner = std::make_unique<partition_owner>(std::move(*answer), settings_.limits, care, now.boot);
    l.parts.push_back(h->row.id);
  }
  h->row.owner = settings_.me;
  h->row.epoch = h->owner->held().epoch;
  h->at = holding::phase::owned;
  h->last_mark = now.boot;
  if (stopping_since_ || view_.drain_wanted) begin_drain(*h, now);
}

void worker_machine::on_released(const ownership_request& asked, const result<bool>& answer,
                                 const moment& now) {
  ownership_busy_ = false;
  holding* h = find(asked.held.part);
  if (h == nullptr || h->at != holding::phase::releasing) return;
  if (!answer && answer.error().code != errc::in_doubt) {
    h->at = holding::phase::draining;
    retry_at_ = now.boot + store_pause;
    return;
  }
  if (linked_.count(h->row.assigned_to) > 0) freed_.push_back({h->row.id, h->row.assigned_to});
  // Released, or not mine any more, or in doubt: in every case it is not worked on again under this epoch.
  h->owner.reset();
  h->at = holding::phase::free;
  h->row.owner = 0;
  h->wanted = false;
  h->wanted_since.reset();
  leave_lane(lanes_[h->row.stream], h->row.id);
}

}  // namespace weir::cluster
