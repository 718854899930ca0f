#include "cluster/pulse.hpp"

#include <utility>

#include "domain/deadline.hpp"

namespace weir::cluster {

pulse::pulse(membership_store& store, pulse_settings settings, boot_time joined, clock now)
    : store_(store),
      settings_(settings),
      now_(std::move(now)),
      observer_(settings.ttl),
      deadline_(domain::ownership_deadline(joined, settings.ttl, settings.margin)) {}

pulse_news pulse::step(const worker_note& note) {
  if (!connected_) {
    if (const auto again = store_.reconnect(); !again) return failed(again.error().message);
    connected_ = true;
  }
  const boot_time sent = now_();
  result<beat_view> view = store_.beat(settings_.me, note.at(sent));
  const boot_time answered = now_();
  if (view && settings_.timeline != 0 && view->timeline != settings_.timeline) {
    // A standby that was promoted without the newest rows may know my number as somebody else's.
    return fenced("the database changed its timeline from " + std::to_string(settings_.timeline) + " to " +
                      std::to_string(view->timeline),
                  answered);
  }
  if (!view) {
    if (view.error().code == errc::refused) return fenced(view.error().message, answered);
    // The beat may have counted; that does not matter: a deadline only ever follows an answer.
    connected_ = false;
    return failed(view.error().message);
  }
  deadline_ = domain::ownership_deadline(sent, settings_.ttl, settings_.margin);
  pulse_news news;
  news.kind = pulse_news::what::good;
  news.deadline = deadline_;
  news.shows_anew = show_state(*view);
  news.suspects = observer_.observe(view->timeline, view->nodes, settings_.me, answered);
  news.timeline_waited = observer_.timeline_seen_for(answered) >= settings_.ttl;
  news.view = std::move(*view);
  // While things change hands (a node died, or this one goes) the next wish is looked for sooner.
  if (stopping_ || !news.suspects.empty()) eager_until_ = answered + 2 * settings_.beat;
  news.next = sent + (answered < eager_until_ ? settings_.beat / 5 : settings_.beat);
  // A death is declared when it is due, not up to a beat later.
  if (const auto due = observer_.next_expiry(answered); due && *due < news.next) news.next = *due;
  return news;
}

pulse_news pulse::fenced(std::string trouble, boot_time answered) {
  pulse_news news;
  news.kind = pulse_news::what::fenced;
  news.deadline = deadline_;
  news.trouble = std::move(trouble);
  news.next = answered + settings_.beat;
  return news;
}

pulse_news pulse::failed(std::string trouble) {
  observer_.reset();
  pulse_news news;
  news.deadline = deadline_;
  news.trouble = std::move(trouble);
  const boot_time now = now_();
  news.next = now + domain::beat_retry_wait(now, deadline_);
  return news;
}

/// The node row follows the wish to drain. An error here is an error of the next beat, too.
bool pulse::show_state(const beat_view& view) {
  const bool drains = stopping_ || view.drain_wanted;
  if (drains && view.state == node_state::active)
    return store_.set_state(settings_.me, node_state::draining).ok();
  if (!drains && view.state == node_state::draining)
    return store_.set_state(settings_.me, node_state::active).ok();
  return false;
}

}  // namespace weir::cluster
