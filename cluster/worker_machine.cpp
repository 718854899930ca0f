#include "cluster/worker_machine.hpp"

#include <algorithm>
#include <utility>

#include <weir/assert.hpp>

#include "cluster/verdict_rules.hpp"
#include "domain/fencing_token.hpp"

namespace weir::cluster {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {
/// Pause after an error of the store: it is away or overloaded, and hammering it helps nobody.
constexpr milliseconds store_pause = 200ms;
/// How long a task whose action another node has, or may soon have, is put aside.
constexpr milliseconds park_pause = 1s;
}  // namespace

/// One partition on this node.
struct worker_machine::holding {
  enum class phase { free, owned, renewing, draining, releasing, lost };

  partition_row row;                        ///< as last seen in a view
  phase at = phase::free;
  bool wanted = false;                      ///< the leader wishes it here, and the node takes work
  std::optional<boot_time> freed_seen;      ///< first seen freed by a crash
  std::unique_ptr<partition_owner> owner;
  std::int32_t timeline = 0;
  boot_time drain_until{};
  boot_time last_mark{};
  boot_time last_shown{};

  bool works() const { return at == phase::owned || at == phase::draining; }
};

/// One stream on this node.
struct worker_machine::lane {
  stream_row stream;
  std::vector<part_id> parts;               ///< held here
  std::size_t turn = 0;
  int running = 0;
  bool opened = false;                      ///< an executor may hold code of it
  bool closing = false;

  /// Its executor must be closed, and be seen closed, before the stream may go to another node.
  bool isolated() const { return stream.where == isolation::process || stream.mode == stream_mode::single; }
};

worker_machine::worker_machine(worker_settings settings, options_of actions, std::function<double()> random)
    : settings_(std::move(settings)), actions_(std::move(actions)), random_(std::move(random)),
      poll_pause_(settings_.poll_busy) {}

worker_machine::~worker_machine() = default;

worker_machine::holding* worker_machine::find(part_id part) {
  const auto at = holdings_.find(part);
  return at == holdings_.end() ? nullptr : &at->second;
}

bool worker_machine::idle() const {
  return runs_.empty() && std::all_of(holdings_.begin(), holdings_.end(), [](const auto& h) {
           return h.second.at == holding::phase::free;
         });
}

int worker_machine::held() const {
  return static_cast<int>(std::count_if(holdings_.begin(), holdings_.end(),
                                        [](const auto& h) { return h.second.works(); }));
}

// -- views and ownership -------------------------------------------------------

void worker_machine::on_view(const beat_view& view, bool timeline_waited, const moment& now) {
  view_ = view;
  timeline_waited_ = timeline_waited;
  const bool takes = !stopping_ && !fenced_ && !view.drain_wanted && view.state == node_state::active;
  for (const stream_row& stream : view.streams) lanes_[stream.id].stream = stream;
  for (auto& [part, h] : holdings_) h.wanted = false;
  for (const partition_row& row : view.partitions) {
    holding& h = holdings_[row.id];
    h.row = row;
    h.wanted = takes && row.assigned_to == settings_.name;
    if (!row.freed_by_crash) h.freed_seen.reset();
    if (row.freed_by_crash && !h.freed_seen) h.freed_seen = now.boot;
    // A higher epoch than mine can only come from a take-over; a lower one is a view from before my own.
    if (h.owner && row.epoch > h.owner->held().epoch) lose(h);
  }
  for (auto at = holdings_.begin(); at != holdings_.end();) {
    holding& h = at->second;
    if (h.at == holding::phase::owned && !h.wanted) begin_drain(h, now);
    if (h.at == holding::phase::draining && h.wanted) h.at = holding::phase::owned;  // the wish came back
    free_if_done(h);
    at = h.at == holding::phase::free && !h.wanted && !ownership_busy_ ? holdings_.erase(at) : std::next(at);
  }
}

void worker_machine::begin_stop(const moment& now) {
  const bool again = std::exchange(stopping_, true);
  for (auto& [_, h] : holdings_) {
    h.wanted = false;
    if (h.at == holding::phase::owned) begin_drain(h, now);
    if (again) h.drain_until = now.boot;
  }
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
  h.drain_until = now.boot + settings_.drain_timeout;
}

void worker_machine::lose(holding& h) {
  h.at = holding::phase::lost;
  for (auto& [_, r] : runs_) {
    if (r.part == h.row.id) r.orphan = true;
  }
  h.owner.reset();
  auto& parts = lanes_[h.row.stream].parts;
  parts.erase(std::remove(parts.begin(), parts.end(), h.row.id), parts.end());
  free_if_done(h);
}

/// A lost partition stays taken until nothing of it runs here: taking it again would run its tasks twice.
void worker_machine::free_if_done(holding& h) {
  if (h.at != holding::phase::lost) return;
  const lane& l = lanes_[h.row.stream];
  if (l.isolated() && l.opened && l.parts.empty()) return;
  const bool runs = std::any_of(runs_.begin(), runs_.end(), [&](const auto& r) { return r.second.part == h.row.id; });
  if (!runs) h.at = holding::phase::free;
}

std::optional<ownership_request> worker_machine::next_ownership(const moment& now) {
  if (ownership_busy_ || !may_own(now) || now.boot < retry_at_) return std::nullopt;
  const auto ask = [&](ownership_request request) {
    ownership_busy_ = true;
    return request;
  };
  for (auto& [part, h] : holdings_) {
    if (h.at == holding::phase::renewing) return ask({ownership_request::what::renew, h.owner->held(), false, false});
  }
  for (auto& [part, h] : holdings_) {
    if (h.at != holding::phase::draining || h.owner->running() > 0 || !h.owner->flushed()) continue;
    const lane& l = lanes_[h.row.stream];
    if (l.isolated() && l.opened && l.parts.size() == 1) continue;  // next_closes comes first
    h.at = holding::phase::releasing;
    return ask({ownership_request::what::release, h.owner->held(), false, false});
  }
  for (auto& [part, h] : holdings_) {
    if (h.at != holding::phase::free || !h.wanted) continue;
    if (h.row.owner == settings_.me) {  // an acquisition whose answer was lost
      return ask({ownership_request::what::renew, {part, h.row.epoch}, false, false});
    }
    if (h.row.owner != 0) continue;
    const auto delay = lanes_[h.row.stream].stream.handover_delay;
    const bool crash_waited = h.freed_seen && now.boot - *h.freed_seen >= delay;
    if (h.row.freed_by_crash && !crash_waited) continue;
    if (h.row.timeline != view_.timeline && !timeline_waited_) continue;
    h.wanted = false;  // asked once per view
    return ask({ownership_request::what::acquire, {part, 0}, timeline_waited_, crash_waited});
  }
  return std::nullopt;
}

void worker_machine::on_acquired(const ownership_request& asked, result<ownership> answer, const moment& now) {
  ownership_busy_ = false;
  holding* h = find(asked.held.part);
  if (h == nullptr || fenced_) return;
  if (!answer) {
    if (h->at != holding::phase::renewing) return;  // the next view tells whether to try again
    if (answer.error().code == errc::refused) lose(*h);
    else retry_at_ = now.boot + store_pause;
    return;
  }
  h->timeline = answer->timeline;
  if (h->at == holding::phase::renewing) {
    h->owner->renewed(std::move(*answer), now.boot);
  } else {
    h->owner = std::make_unique<partition_owner>(std::move(*answer), settings_.limits, now.boot);
    lanes_[h->row.stream].parts.push_back(h->row.id);
  }
  h->row.owner = settings_.me;
  h->row.epoch = h->owner->held().epoch;
  h->at = holding::phase::owned;
  h->last_mark = now.boot;
  if (stopping_ || view_.drain_wanted) begin_drain(*h, now);
}

void worker_machine::on_released(const ownership_request& asked, const result<bool>& answer, const moment& now) {
  ownership_busy_ = false;
  holding* h = find(asked.held.part);
  if (h == nullptr || h->at != holding::phase::releasing) return;
  if (!answer && answer.error().code != errc::in_doubt) {
    h->at = holding::phase::draining;
    retry_at_ = now.boot + store_pause;
    return;
  }
  // Released, or not mine any more, or in doubt: in every case it is not worked on again under this epoch.
  h->owner.reset();
  h->at = holding::phase::free;
  h->row.owner = 0;
  h->wanted = false;
  auto& parts = lanes_[h->row.stream].parts;
  parts.erase(std::remove(parts.begin(), parts.end(), h->row.id), parts.end());
}

// -- reading -----------------------------------------------------------------

std::optional<std::vector<read_request>> worker_machine::next_read(const moment& now) {
  if (!reading_.empty() || newer_busy_ || !newer_rows_.empty() || !may_own(now) || now.boot < retry_at_) {
    return std::nullopt;
  }
  const bool poll = now.boot >= next_poll_;
  std::vector<read_request> requests;
  for (auto& [part, h] : holdings_) {
    if (h.at != holding::phase::owned || !h.owner->wants_read(poll)) continue;
    requests.push_back(h.owner->begin_read());
    reading_.push_back(requests.back().held);
  }
  if (poll) next_poll_ = now.boot + poll_pause_;
  if (requests.empty()) return std::nullopt;
  return requests;
}

void worker_machine::on_read(result<read_reply> answer, const moment& now) {
  const std::vector<fence> asked = std::exchange(reading_, {});
  if (!answer) retry_at_ = now.boot + store_pause;
  std::map<part_id, std::vector<task_row>> by_part;
  if (answer) {
    for (task_row& row : answer->rows) by_part[row.part].push_back(std::move(row));
  }
  bool found = false;
  for (const fence& held : asked) {
    holding* h = find(held.part);
    if (h == nullptr || !h->owner || h->owner->held().epoch != held.epoch) continue;
    if (!answer) {
      h->owner->on_read_failed();
      continue;
    }
    found = found || !by_part[held.part].empty();
    for (newer_request& row : h->owner->on_read(answer->taken, std::move(by_part[held.part]))) {
      newer_rows_.push_back(std::move(row));
    }
  }
  // Look often while tasks come, seldom while none do.
  poll_pause_ = found ? settings_.poll_busy : std::min(poll_pause_ * 2, settings_.poll_idle);
  next_poll_ = now.boot + poll_pause_;
}

std::optional<worker_machine::newer_question> worker_machine::next_newer() {
  if (newer_busy_ || newer_rows_.empty()) return std::nullopt;
  newer_busy_ = true;
  newer_question question;
  question.rows = newer_rows_;
  for (const auto& [_, r] : runs_) question.running.push_back(r.task);
  return question;
}

void worker_machine::on_newer(const result<std::vector<newer_reply>>& answer) {
  newer_busy_ = false;
  std::map<part_id, std::vector<newer_reply>> by_part;
  std::unordered_map<task_id, part_id> part_of;
  for (const newer_request& row : newer_rows_) {
    part_of[row.id] = row.part;
    by_part[row.part];
  }
  newer_rows_.clear();
  if (answer) {
    for (const newer_reply& reply : *answer) by_part[part_of[reply.id]].push_back(reply);
  }
  for (const auto& [part, replies] : by_part) {
    holding* h = find(part);
    if (h == nullptr || !h->owner || !h->owner->asks_newer()) continue;
    if (answer) h->owner->on_newer(replies);
    else h->owner->on_read_failed();
  }
}

std::optional<std::vector<promote_request>> worker_machine::next_promote(const moment& now) {
  if (promote_busy_ || !may_own(now) || now.boot < retry_at_) return std::nullopt;
  std::vector<promote_request> requests;
  for (auto& [part, h] : holdings_) {
    if (h.at != holding::phase::owned || !h.owner->wants_promote(now.boot)) continue;
    requests.push_back(h.owner->begin_promote());
    promoting_.push_back(requests.back().held);
  }
  if (requests.empty()) return std::nullopt;
  promote_busy_ = true;
  return requests;
}

void worker_machine::on_promoted(result<promote_reply> answer, const moment& now) {
  promote_busy_ = false;
  const std::vector<fence> asked = std::exchange(promoting_, {});
  if (!answer) retry_at_ = now.boot + store_pause;
  std::map<part_id, std::vector<task_row>> by_part;
  std::map<part_id, std::optional<milliseconds>> next_due;
  if (answer) {
    for (task_row& row : answer->rows) by_part[row.part].push_back(std::move(row));
    for (const auto& [part, due] : answer->next_due) next_due[part] = due;
  }
  for (const fence& held : asked) {
    holding* h = find(held.part);
    if (h == nullptr || !h->owner || h->owner->held().epoch != held.epoch) continue;
    if (answer) h->owner->on_promoted(std::move(by_part[held.part]), next_due[held.part], now.boot);
    else h->owner->on_promote_failed();
  }
}

// -- running -----------------------------------------------------------------

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
  const boot_time since = missing_since_.emplace(action, now.boot).first->second;
  return now.boot - since < settings_.missing_action_grace ? availability::coming : availability::nowhere;
}

std::vector<run_order> worker_machine::next_runs(const moment& now) {
  std::vector<run_order> orders;
  if (!may_own(now)) return orders;
  for (auto& [_, l] : lanes_) {
    if (l.stream.paused || l.closing) continue;
    while (l.running < l.stream.concurrency && start_next(l, now, orders)) {
    }
  }
  return orders;
}

/// Starts one task of the lane, partitions in turn. False: none of them has one that may start.
bool worker_machine::start_next(lane& l, const moment& now, std::vector<run_order>& orders) {
  for (std::size_t tried = 0; tried < l.parts.size(); ++tried) {
    holding& h = holdings_.at(l.parts[l.turn++ % l.parts.size()]);
    if (h.at != holding::phase::owned) continue;
    while (const task_row* found = h.owner->candidate()) {
      const task_row task = *found;
      const availability where = where_is(task.name, now);
      if (where == availability::nowhere) {
        h.owner->cancel(task.id, "no node has an action named '" + task.name + "'", now);
        continue;
      }
      if (where != availability::here) {
        h.owner->park(task.id, park_pause);
        continue;
      }
      h.owner->start(task.id, now);
      domain::run_request request;
      request.run_id = ++last_run_;
      request.task_id = task.id;
      request.name = task.name;
      request.key = task.key;
      request.stream = l.stream.name;
      request.data = task.data;
      request.created_by = task.created_by;
      request.created_at = task.created_at;
      request.attempt = task.runs + 1;
      request.fencing_token = domain::fencing_token(h.timeline, h.owner->held().epoch);
      runs_[request.run_id] = {h.row.id, task.id, l.stream.id, false, false};
      ++l.running;
      l.opened = true;
      orders.push_back({l.stream, std::move(request)});
      return true;
    }
  }
  return false;
}

void worker_machine::on_verdict(const domain::run_verdict& verdict, const moment& /*now*/) {
  const auto at = runs_.find(verdict.run_id);
  if (at == runs_.end()) return;
  const run ended = at->second;
  runs_.erase(at);
  --lanes_[ended.stream].running;
  holding* h = find(ended.part);
  WEIR_ASSERT(h != nullptr);
  if (ended.orphan || !h->owner) {
    ++refused_;
    free_if_done(*h);
    return;
  }
  const task_row* task = h->owner->running_task(ended.task);
  WEIR_ASSERT(task != nullptr);
  static const action_options unregistered;
  const action_options* options = actions_(task->name);
  h->owner->on_settled(ended.task, settle(verdict, task->attempts, task->crashes,
                                          options != nullptr ? *options : unregistered, random_()));
}

std::vector<interrupt_order> worker_machine::next_interrupts(const moment& now) {
  std::vector<interrupt_order> orders;
  for (auto& [id, r] : runs_) {
    if (r.interrupted) continue;
    const holding& h = holdings_.at(r.part);
    const bool overdue = h.at == holding::phase::draining && now.boot >= h.drain_until;
    if (!r.orphan && !overdue) continue;
    r.interrupted = true;
    orders.push_back({lanes_[r.stream].stream.name, id});
  }
  return orders;
}

std::vector<std::string> worker_machine::next_closes() {
  std::vector<std::string> streams;
  for (auto& [_, l] : lanes_) {
    if (!l.isolated() || !l.opened || l.closing) continue;
    const bool drained = std::all_of(l.parts.begin(), l.parts.end(), [&](part_id part) {
      const holding& h = holdings_.at(part);
      return h.at == holding::phase::draining && h.owner->running() == 0 && h.owner->flushed();
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
      h.owner->show_running(now.boot - settings_.in_progress_after);
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
      ++refused_;
      lose(*h);
    }
  }
}

boot_time worker_machine::next_wake(const moment& now) const {
  boot_time wake = std::min(next_poll_, now.boot + settings_.poll_idle);
  if (now.boot < retry_at_) wake = retry_at_;
  for (const auto& [_, h] : holdings_) {
    if (!h.works()) continue;
    if (const auto due = h.owner->next_due()) wake = std::min(wake, *due);
  }
  return std::max(wake, now.boot + 1ms);
}

}  // namespace weir::cluster
