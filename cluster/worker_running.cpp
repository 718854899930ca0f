// The worker machine: what starts, what is ended, and what a verdict leads to.
#include <algorithm>
#include <utility>

#include <weir/assert.hpp>

#include "cluster/verdict_rules.hpp"
#include "cluster/worker_machine.hpp"
#include "cluster/worker_parts.hpp"
#include "domain/awaited_performer.hpp"
#include "domain/fencing_token.hpp"
#include "domain/task_bounds.hpp"

namespace weir::cluster {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {
/// How long a task whose action another node has, or may soon have, is put aside.
constexpr milliseconds park_pause = 1s;
}  // namespace

worker_machine::availability worker_machine::where_is(const std::string& action, const moment& now) {
  if (actions_(action) != nullptr) {
    missing_since_.erase(action);
    return availability::here;
  }
  for (const node_row& node : view_.nodes) {
    if (node.state != node_state::active && node.state != node_state::joining) continue;
    const auto& names = node.facts.actions;
    if (std::find(names.begin(), names.end(), action) == names.end()) continue;
    missing_since_.erase(action);
    return availability::elsewhere;
  }
  if (domain::awaited_performer(view_.nodes, action, settings_.away_action_grace) != nullptr)
    return availability::coming;
  const boot_time since = missing_since_.emplace(action, now.boot).first->second;
  return now.boot - since < settings_.missing_action_grace ? availability::coming : availability::nowhere;
}

bool worker_machine::is_paused(const std::string& task_name) const {
  return std::binary_search(view_.paused_names.begin(), view_.paused_names.end(), task_name);
}

/// Of one step, mostly: requests are large, and moving them again and again is felt.
constexpr int some_starts = 16;

std::vector<run_order> worker_machine::next_runs(const moment& now) {
  std::vector<run_order> orders;
  if (!may_own(now)) return orders;
  order_marked(now, orders);
  for (auto& [_, h] : holdings_) {
    if (h.owner) h.owner->try_again();
  }
  for (auto& [_, l] : lanes_) {
    if (l.stream.paused || l.closing) continue;
    std::vector<domain::run_request> at_once;
    while (l.running < l.stream.concurrency) {
      const auto at = next_start(l, now);
      if (!at || *at > now.boot || !start_next(l, now, at_once)) break;
    }
    if (!at_once.empty()) orders.push_back({l.stream, std::move(at_once)});
  }
  return orders;
}

/// The earliest moment by the stream's rate and breaker; nullopt: when the run that its breaker tries has ended.
std::optional<boot_time> worker_machine::next_start(const lane& l, const moment& now) {
  const auto rested = l.breaker.next(now.boot);
  if (!rested) return std::nullopt;
  return std::max(*rested, l.pace.next(now.boot));
}

bool worker_machine::any_waits(const lane& l) const {
  return std::any_of(l.parts.begin(), l.parts.end(), [&](part_id part) {
    const holding& h = holdings_.at(part);
    return h.at == holding::phase::owned && h.owner->waiting() > 0;
  });
}

void worker_machine::tell(const lane& l, domain::circuit_breaker::change change) {
  if (change == domain::circuit_breaker::change::none) return;
  const bool open = change == domain::circuit_breaker::change::opened;
  breaker_news_.push_back(
      {l.stream.name, open, l.breaker.failures(), l.stream.breaker.pause, l.breaker.message()});
}

/// Those of which everything is written that has to be.
void worker_machine::order_marked(const moment& now, std::vector<run_order>& orders) {
  if (marking_.empty()) return;
  for (auto& [part, h] : holdings_) {
    if (!h.owner) continue;
    for (const task_id task : h.owner->take_marked(now)) {
      const auto at = std::find_if(marking_.begin(), marking_.end(),
                                   [&](const auto& m) { return m.second.requests.front().task_id == task; });
      if (at == marking_.end()) continue;
      orders.push_back(std::move(at->second));
      marking_.erase(at);
    }
  }
}

/// They never ran, and are not started any more.
void worker_machine::forget_marking(part_id part) {
  for (auto at = marking_.begin(); at != marking_.end();) {
    const auto found = runs_.find(at->first);
    WEIR_ASSERT(found != runs_.end());
    if (found->second.part != part) {
      ++at;
      continue;
    }
    lane& l = lanes_[found->second.stream];
    --l.running;
    l.breaker.forget(found->first);
    runs_.erase(found);
    at = marking_.erase(at);
  }
}

/// A node that dies is held against every marked task that it is at. A suspect runs without another marked one beside
/// it, so that the next death is the guilty one's alone. Orphans are no concern: what they did is known.
bool worker_machine::may_start(run::care wanted) const {
  if (wanted == run::care::none) return true;
  return std::none_of(runs_.begin(), runs_.end(), [&](const auto& r) {
    if (r.second.orphan) return false;
    return r.second.start == run::care::alone ||
           (wanted == run::care::alone && r.second.start == run::care::marked);
  });
}

domain::run_request worker_machine::request_for(const task_row& task, const lane& l) {
  domain::run_request request;
  request.run_id = ++last_run_;
  request.task_id = task.id;
  request.name = task.name;
  request.key = task.key;
  request.stream = l.stream.name;
  request.data = task.data;
  request.created_by = task.created_by;
  request.created_at = task.created_at;
  request.traceparent = task.traceparent;
  request.attempt = task.runs + (task.left ? 2 : 1);
  return request;
}

/// Starts one task of the lane, partitions in turn. False: none of them has one that may start.
bool worker_machine::start_next(lane& l, const moment& now, std::vector<domain::run_request>& at_once) {
  for (std::size_t tried = 0; tried < l.parts.size(); ++tried) {
    holding& h = holdings_.at(l.parts[l.turn++ % l.parts.size()]);
    if (h.at != holding::phase::owned) continue;
    while (const task_row* found = h.owner->candidate()) {
      const task_row& task = *found;
      const settlement former = task.left ? settled(task, verdict_of(*task.left)) : settlement{};
      if (task.left && !former.again_in) {
        h.owner->end(task.id, former, now);
        continue;
      }
      if (is_paused(task.name)) {
        h.owner->put_aside(task.id);
        continue;
      }
      const availability where = where_is(task.name, now);
      if (where == availability::nowhere) {
        h.owner->cancel(task.id, "no node has an action named '" + task.name + "'", now);
        continue;
      }
      if (where != availability::here) {
        h.owner->park(task.id, park_pause);
        continue;
      }
      const bool marked = h.owner->needs_mark(task, now.boot);
      const run::care care = !marked            ? run::care::none
                             : is_suspect(task) ? run::care::alone
                                                : run::care::marked;
      if (!may_start(care)) {
        h.owner->pass_over();
        continue;
      }
      domain::run_request request = request_for(task, l);
      request.fencing_token = domain::fencing_token(h.timeline, h.owner->held().epoch);
      runs_[request.run_id] = {h.row.id, task.id, l.stream.id, false, false, false, care};
      const bool ready = h.owner->start(task.id, now, former);
      ++l.running;
      l.opened = true;
      l.pace.started(now.boot);
      l.breaker.started(request.run_id);
      if (!ready) {
        marking_.emplace(last_run_, run_order{l.stream, {std::move(request)}});
        return true;
      }
      if (at_once.empty())
        at_once.reserve(static_cast<std::size_t>(std::min(l.stream.concurrency, some_starts)));
      at_once.push_back(std::move(request));
      return true;
    }
  }
  return false;
}

void worker_machine::on_verdict(const domain::run_verdict& verdict, const moment& now) {
  const auto at = runs_.find(verdict.run_id);
  if (at == runs_.end()) return;
  const run ended = at->second;
  runs_.erase(at);
  lane& l = lanes_[ended.stream];
  --l.running;
  holding* h = find(ended.part);
  WEIR_ASSERT(h != nullptr);
  if (ended.orphan || !h->owner) {
    ++refused_;
    free_if_done(*h);
    return;
  }
  if (l.stream.breaker.failures > 0) {
    const std::string said = verdict.message.empty() ? domain::to_string(verdict.result) : verdict.message;
    tell(l, l.breaker.ended(verdict.run_id, verdict.result, domain::cut_message(said), l.stream.breaker,
                            now.boot));
  }
  const task_row* task = h->owner->running_task(ended.task);
  WEIR_ASSERT(task != nullptr);
  h->owner->on_settled(ended.task, settled(*task, verdict));
}

/// By the rules of the task's action; of one that is not registered here, by the defaults.
settlement worker_machine::settled(const task_row& task, const domain::run_verdict& verdict) {
  static const action_options unregistered;
  const action_options* options = actions_(task.name);
  return settle(verdict, task.attempts, task.crashes, options != nullptr ? *options : unregistered,
                random_());
}

std::vector<interrupt_order> worker_machine::next_interrupts(const moment& now) {
  std::vector<interrupt_order> orders;
  for (auto& [id, r] : runs_) {
    if (r.interrupted || marking_.count(id) != 0) continue;
    const holding& h = holdings_.at(r.part);
    const bool overdue = h.at == holding::phase::draining && now.boot >= h.drain_until;
    if (!r.orphan && !overdue && !r.cancelled) continue;
    r.interrupted = true;
    orders.push_back({lanes_[r.stream].stream.name, id});
  }
  return orders;
}

/// Only of streams whose executor is closed again when they leave; a paused one has nothing to be ready for.
std::vector<open_order> worker_machine::next_opens(const moment& now) {
  std::vector<open_order> orders;
  if (settings_.hooked.empty() || !may_own(now)) return orders;
  for (auto& [_, l] : lanes_) {
    if (l.opened || l.closing || l.stream.paused || !l.isolated()) continue;
    if (settings_.hooked.count(l.stream.name) == 0) continue;
    for (const part_id part : l.parts) {
      const holding& h = holdings_.at(part);
      if (h.at != holding::phase::owned) continue;
      l.opened = true;
      orders.push_back({l.stream, domain::fencing_token(h.timeline, h.owner->held().epoch)});
      break;
    }
  }
  return orders;
}

std::vector<std::string> worker_machine::next_closes() {
  std::vector<std::string> streams;
  for (auto& [_, l] : lanes_) {
    if (!l.isolated() || !l.opened || l.closing) continue;
    const bool drained = std::all_of(l.parts.begin(), l.parts.end(), [&](part_id part) {
      const holding& h = holdings_.at(part);
      return h.at == holding::phase::draining && h.owner->quiet();
    });
    if (!drained) continue;
    l.closing = true;
    streams.push_back(l.stream.name);
  }
  return streams;
}

void worker_machine::on_closed(const std::string& stream) {
  for (auto& [id, l] : lanes_) {
    if (l.stream.name != stream) continue;
    l.closing = l.opened = false;
    for (auto& [_, h] : holdings_) {
      if (h.row.stream == id) free_if_done(h);
    }
  }
}

}  // namespace weir::cluster
