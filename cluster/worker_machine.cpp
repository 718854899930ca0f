// The worker machine: construction, results on their way, and what it looks like from outside.
#include "cluster/worker_machine.hpp"

#include <algorithm>
#include <utility>

#include "cluster/worker_parts.hpp"

namespace weir::cluster {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

worker_machine::worker_machine(worker_settings settings, options_of actions, std::function<double()> random)
    : settings_(std::move(settings)),
      actions_(std::move(actions)),
      random_(std::move(random)),
      poll_pause_(settings_.poll_busy) {}

worker_machine::~worker_machine() = default;

worker_machine::holding* worker_machine::find(part_id part) {
  const auto at = holdings_.find(part);
  return at == holdings_.end() ? nullptr : &at->second;
}

bool worker_machine::idle() const {
  return runs_.empty() && std::all_of(holdings_.begin(), holdings_.end(),
                                      [](const auto& h) { return h.second.at == holding::phase::free; });
}

int worker_machine::held() const {
  return static_cast<int>(
      std::count_if(holdings_.begin(), holdings_.end(), [](const auto& h) { return h.second.works(); }));
}

worker_note worker_machine::note() const {
  worker_note all;
  all.late_writes_refused = refused_;
  for (const auto& [id, l] : lanes_) {
    if (!l.breaker.open()) continue;
    all.rests.push_back({id, l.breaker.failures(), l.breaker.until(), l.breaker.message()});
  }
  return all;
}

// -- finishing ---------------------------------------------------------------

std::optional<finish_request> worker_machine::next_finish(const moment& now) {
  if (!finishing_.empty() || !may_own(now) || now.boot < retry_at_) return std::nullopt;
  finish_request request;
  request.node = settings_.me;
  request.async = true;
  int room = settings_.finish_rows;
  // Start where the last request stopped, so that no partition starves behind a busy one.
  auto at = holdings_.upper_bound(finish_turn_);
  for (std::size_t n = 0; n < holdings_.size() && room > 0; ++n) {
    if (at == holdings_.end()) at = holdings_.begin();
    holding& h = (at++)->second;
    if (!h.works()) continue;
    if (now.boot - h.last_shown >= settings_.in_progress_after / 4) {
      h.last_shown = now.boot;
      h.owner->show_running(settings_.in_progress_after, now.boot);
    }
    const bool mark = now.boot - h.last_mark >= settings_.mark_interval;
    if (!h.owner->has_rows() && !(mark && h.owner->mark_is_due())) continue;
    const std::size_t marks = request.marks.size();
    const std::size_t held = request.held.size();
    room -= h.owner->collect(request, room, mark);
    if (request.held.size() == held) continue;
    if (request.marks.size() > marks) h.last_mark = now.boot;
    request.async = request.async && lanes_[h.row.stream].stream.async_finish;
    finish_turn_ = h.row.id;
  }
  if (request.held.empty()) return std::nullopt;
  finishing_ = request.held;
  return request;
}

void worker_machine::on_finished(const result<finish_reply>& answer, const moment& now) {
  const std::vector<fence> asked = std::exchange(finishing_, {});
  if (!answer) retry_at_ = now.boot + store_pause;
  std::map<part_id, std::optional<std::chrono::microseconds>> earliest;
  std::map<part_id, bool> held;
  if (answer) {
    for (const part_id part : answer->held) held[part] = true;
    for (const auto& [part, due] : answer->earliest_put) earliest[part] = due;
  }
  for (const fence& f : asked) {
    holding* h = find(f.part);
    if (h == nullptr || !h->owner || h->owner->held().epoch != f.epoch) continue;
    if (!answer) {
      switch (answer.error().code) {
        case errc::unavailable:
        case errc::read_only:
        case errc::timeout:
        case errc::overloaded: h->owner->on_not_committed(); break;
        default: h->at = holding::phase::renewing; break;  // in doubt: a new epoch tells what happened
      }
    } else if (held.count(f.part) != 0) {
      h->owner->on_committed(earliest[f.part], now.boot);
    } else {
      if (h->owner->unwritten() == 0) ++refused_;  // a mark alone
      lose(*h);
    }
  }
}

boot_time worker_machine::next_wake(const moment& now) const {
  boot_time wake = std::min(next_poll_, now.boot + settings_.poll_idle);
  if (awaits_release_) wake = std::min(wake, now.boot + release_pause);
  if (now.boot < retry_at_) wake = retry_at_;
  for (const auto& [_, h] : holdings_) {
    if (!h.works()) continue;
    if (const auto due = h.owner->next_due()) wake = std::min(wake, *due);
    if (const auto show = h.owner->next_to_show(settings_.in_progress_after); show && finishing_.empty())
      wake = std::min(wake, std::max(*show, h.last_shown + settings_.in_progress_after / 4));
  }
  for (const auto& [_, l] : lanes_) {
    if (l.stream.paused || l.closing || l.running >= l.stream.concurrency) continue;
    const auto at = next_start(l, now);
    if (at && *at > now.boot && *at < wake && any_waits(l)) wake = *at;
  }
  return std::max(wake, now.boot + 1ms);
}

}  // namespace weir::cluster
