#include "cluster/retention.hpp"

#include <algorithm>
#include <utility>

namespace weir::cluster {

using std::chrono::milliseconds;

namespace {

/// After a trouble that may pass by itself.
constexpr milliseconds again_soon{500};

bool breaks_session(errc code) { return code == errc::unavailable || code == errc::in_doubt; }

retention_walk::what kind_of(domain::retention_act::what does) {
  switch (does) {
    case domain::retention_act::what::sweep: return retention_walk::what::sweep;
    case domain::retention_act::what::clear: return retention_walk::what::clear;
    default: return retention_walk::what::count;
  }
}

}  // namespace

retention::outcome retention::step(retention_store& store) {
  outcome now;
  now.wait = settings_.pace;
  if (!connected_) {
    if (const auto again = store.reconnect(); !again) {
      note(again.error(), now);
      return now;
    }
    connected_ = true;
  }
  walk_ ? go_on(store, now) : look(store, now);
  return now;
}

void retention::look(retention_store& store, outcome& now) {
  auto seen = store.look();
  if (!seen) return note(seen.error(), now);
  if (auto ages = domain::longest(seen->nodes); ages != ages_) {
    // Whatever was found out, it was by other ages.
    memory_.clear();
    kept_not_before_ = {};
    ages_ = std::move(ages);
    shortest_ = domain::shortest(ages_);
  }
  const act next = domain::next_act(*seen, shortest_, memory_, kept_not_before_);
  if (next.does != act::what::none) return begin(next, *seen, store, now);
  told_.clear();
  now.idle = true;
  now.wait = shortest_ ? std::min(settings_.poll, domain::slack(*shortest_)) : settings_.poll;
}

void retention::begin(const act& next, const retention_view& seen, retention_store& store, outcome& now) {
  if (next.does == act::what::empty || next.does == act::what::drop) {
    return let_go(next, seen.now, store, now);
  }
  walk_ = walk{next, 0, seen.now, seen.taken, {}, std::nullopt};
  go_on(store, now);
}

void retention::go_on(retention_store& store, outcome& now) {
  walk& w = *walk_;
  retention_walk portion;
  portion.does = kind_of(w.what.does);
  portion.segment = w.what.segment;
  portion.after = w.after;
  portion.most_seen = settings_.most_seen;
  portion.most_changed = settings_.most_changed;
  portion.ages = ages_;
  const bool writes = portion.does != retention_walk::what::count;
  if (writes) tell("before");
  const auto reply = store.walk(settings_.me, settings_.term, portion);
  if (writes) tell("after");
  if (!reply) {
    if (reply.error().code == errc::timeout) {
      now.wait = again_soon;  // the same portion again
      return;
    }
    walk_.reset();
    return note(reply.error(), now);
  }
  told_.clear();
  w.sum.gone += reply->gone;
  w.sum.stays += reply->stays;
  w.sum.unfinished += reply->unfinished;
  const auto sooner = [&w](milliseconds in) { w.next_in = w.next_in ? std::min(*w.next_in, in) : in; };
  if (reply->next_in) sooner(*reply->next_in);
  w.after = reply->upto;
  bool more = reply->more;
  if (more && w.what.does == act::what::sweep && reply->upto_created && shortest_) {
    // Nothing from here on can have ended before it was enqueued.
    const auto until_old = std::chrono::ceil<milliseconds>(*reply->upto_created + *shortest_ - w.begun);
    if (until_old.count() > 0) {
      sooner(until_old);
      more = false;
    }
  }
  if (!more) end_walk(now);
}

void retention::end_walk(outcome& now) {
  const walk w = *std::exchange(walk_, std::nullopt);
  now.wait = milliseconds{1};  // there may be more to do
  if (!w.what.segment) {
    kept_not_before_ = w.begun + domain::slack(shortest_.value_or(settings_.poll));
    return;
  }
  domain::segment_memory& known = memory_[*w.what.segment];
  switch (w.what.does) {
    case act::what::count: known.counted = w.sum; break;
    case act::what::clear: known.cleared = w.taken; break;
    default:
      known = {};
      known.not_before =
          w.begun + std::max(domain::slack(*shortest_), std::min(*shortest_, w.next_in.value_or(*shortest_)));
      break;
  }
}

void retention::let_go(const act& what, wall_time at, retention_store& store, outcome& now) {
  domain::segment_memory& known = memory_[*what.segment];
  const bool empties = what.does == act::what::empty;
  tell("before");
  const auto done = empties ? store.empty(settings_.me, settings_.term, *what.segment, *known.cleared)
                            : store.drop(settings_.me, settings_.term, *what.segment);
  tell("after");
  if (done && *done) {
    told_.clear();
    memory_.erase(*what.segment);
    (empties ? now.emptied : now.dropped) += 1;
    return;
  }
  known.not_before = at + domain::pause_after(++known.failures);
  if (!done && done.error().code != errc::timeout) return note(done.error(), now);
  if (done) {
    // Something came late: it has to be looked at again.
    known.counted.reset();
    known.cleared.reset();
  }
}

void retention::note(const error& trouble, outcome& now) {
  if (trouble.code == errc::refused) {
    now.over = true;
    return;
  }
  if (breaks_session(trouble.code)) connected_ = false;
  now.wait = again_soon;
  if (std::exchange(told_, trouble.message) != trouble.message) {
    now.troubles.push_back({trouble.code, "retention: " + trouble.message});
  }
}

}  // namespace weir::cluster
