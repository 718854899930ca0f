// The worker machine: reading, promoting, asking for newer tasks, and being handed new ones.
#include <algorithm>
#include <utility>

#include "cluster/worker_machine.hpp"
#include "cluster/worker_parts.hpp"

namespace weir::cluster {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

std::optional<std::vector<read_request>> worker_machine::next_read(const moment& now) {
  if (!reading_.empty() || newer_busy_ || !newer_rows_.empty() || !may_own(now) || now.boot < retry_at_) {
    return std::nullopt;
  }
  const bool poll = now.boot >= next_poll_;
  std::vector<read_request> requests;
  bool hinted = false;
  for (auto& [part, h] : holdings_) {
    if (h.at != holding::phase::owned) continue;
    if (h.owner->stuck()) h.at = holding::phase::renewing;
    const bool fed = fed_.count(part) > 0;
    if (h.at == holding::phase::renewing || !h.owner->wants_read(poll || fed)) continue;
    hinted = hinted || fed;
    requests.push_back(h.owner->begin_read());
    reading_.push_back(requests.back().held);
  }
  fed_.clear();  // who has no room now finds them at a later poll
  if (poll) next_poll_ = now.boot + poll_pause_;
  if (requests.empty()) return std::nullopt;
  read_for_ = hinted ? wakeup::hint : poll ? wakeup::poll : wakeup::backlog;
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
  for (const auto& [_, h] : holdings_) {
    if (h.owner) h.owner->add_started(question.running);
  }
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
    if (answer)
      h->owner->on_newer(replies);
    else
      h->owner->on_read_failed();
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
    if (answer)
      h->owner->on_promoted(std::move(by_part[held.part]), next_due[held.part], now.boot);
    else
      h->owner->on_promote_failed();
  }
}

std::optional<std::vector<request_page>> worker_machine::next_requests(const moment& now) {
  if (!asked_about_.empty() || !may_own(now) || now.boot < retry_at_) return std::nullopt;
  for (const part_id part : std::exchange(requested_, {})) {
    const holding* h = find(part);
    if (h == nullptr || !h->works()) continue;
    h->owner->begin_asking();
    asked_about_.push_back({h->owner->held(), h->requests_read});
  }
  if (asked_about_.empty()) return std::nullopt;
  return asked_about_;
}

void worker_machine::on_requests(result<std::vector<task_request>> answer, const moment& now) {
  const std::vector<request_page> asked = std::exchange(asked_about_, {});
  std::map<part_id, std::vector<task_request>> by_part;
  if (!answer) {
    retry_at_ = now.boot + store_pause;  // the next beat shows them again
    for (const request_page& page : asked) {
      holding* h = find(page.held.part);
      if (h != nullptr && h->owner && h->owner->held().epoch == page.held.epoch) h->owner->on_asking_failed();
    }
    return;
  }
  for (task_request& one : *answer) by_part[one.part].push_back(std::move(one));
  for (const request_page& page : asked) {
    holding* h = find(page.held.part);
    if (h == nullptr || !h->owner || h->owner->held().epoch != page.held.epoch) continue;
    std::vector<task_request>& found = by_part[page.held.part];
    const bool more = found.size() == request_rows;
    h->requests_read = more ? found.back().id : 0;
    if (more) requested_.insert(page.held.part);
    for (const task_id task : h->owner->on_requests(std::move(found), now.wall)) {
      for (auto& [_, r] : runs_) r.cancelled = r.cancelled || (r.task == task && r.part == page.held.part);
    }
  }
}

hand_offer worker_machine::offer_hands(int rows, const moment& now) {
  hand_offer offer;
  offer.me = settings_.me;
  if (offering_ || !may_own(now)) return offer;
  for (auto& [part, h] : holdings_) {
    if (h.at != holding::phase::owned || !h.owner->can_take(rows)) continue;
    h.owner->begin_take(rows);
    offer.held.push_back(h.owner->held());
  }
  offering_ = !offer.held.empty();
  return offer;
}

void worker_machine::on_handed(const hand_offer& offer, result<std::vector<task_row>> handed,
                               const moment& /*now*/) {
  offering_ = false;
  std::map<part_id, std::vector<task_row>> by_part;
  if (handed) {
    const std::size_t some = handed->size() / std::max<std::size_t>(offer.held.size(), 1) + 8;
    for (task_row& row : *handed) {
      std::vector<task_row>& of_part = by_part[row.part];
      if (of_part.empty()) of_part.reserve(some);  // rows are large: moving them again and again is felt
      of_part.push_back(std::move(row));
    }
  }
  for (const fence& held : offer.held) {
    holding* h = find(held.part);
    if (h == nullptr || !h->owner || h->owner->held().epoch != held.epoch || !h->owner->taking()) continue;
    if (handed) {
      h->owner->on_taken(std::move(by_part[held.part]));
      continue;
    }
    switch (handed.error().code) {
      case errc::unavailable:
      case errc::read_only:
      case errc::timeout:
      case errc::overloaded:
      case errc::refused:
      case errc::invalid: h->owner->on_take_failed(); break;
      default:
        if (h->works()) h->at = holding::phase::renewing;  // in doubt: a new epoch tells what happened
        break;
    }
  }
}

}  // namespace weir::cluster
