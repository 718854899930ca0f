// Book-keeping; at most 64 runs are at a runner, so that walks over them cost nothing.
#include "runner/run_book.hpp"

#include <algorithm>
#include <iterator>

namespace weir::runner {

using domain::run_request;
using domain::run_result;
using std::chrono::milliseconds;

boot_time later(boot_time base, milliseconds wait) {
  const auto room = std::chrono::duration_cast<milliseconds>(boot_time::max() - base);
  return wait >= room ? boot_time::max() : base + wait;
}

const run_request* run_book::send_next(std::size_t limit) {
  if (waiting_.empty() || sent_.size() >= limit) return nullptr;
  const std::uint64_t id = waiting_.front().run_id;
  sent_run& run = sent_[id];
  run.request = std::move(waiting_.front());
  waiting_.pop_front();
  return &run.request;
}

const run_request* run_book::sent(std::uint64_t run_id) const {
  const auto found = sent_.find(run_id);
  return found == sent_.end() ? nullptr : &found->second.request;
}

void run_book::started(std::uint64_t run_id, wall_time at, boot_time now,
                       std::optional<milliseconds> timeout) {
  const auto found = sent_.find(run_id);
  if (found == sent_.end()) return;
  sent_run& run = found->second;
  run.started = now;
  run.started_at = at;
  if (timeout) run.timeout_at = later(now, *timeout);
}

void run_book::progressed(std::int64_t task_id, std::string how_far) {
  for (auto& [_, run] : sent_) {
    if (run.request.task_id != task_id) continue;
    run.progress = std::move(how_far);
    return;
  }
}

std::optional<run_request> run_book::drop_waiting(std::uint64_t run_id) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const run_request& request) { return request.run_id == run_id; });
  if (found == waiting_.end()) return std::nullopt;
  run_request request = std::move(*found);
  waiting_.erase(found);
  return request;
}

bool run_book::ask(std::uint64_t run_id, boot_time kill_at) {
  const auto found = sent_.find(run_id);
  if (found == sent_.end()) return false;
  if (kill_at < found->second.kill_at) {
    found->second.kill_at = kill_at;
    found->second.kill_as = run_result::interrupted;
  }
  return true;
}

void run_book::ask_all(boot_time kill_at) {
  for (const auto& [id, run] : sent_) ask(id, kill_at);
}

std::vector<std::uint64_t> run_book::ask_timed_out(boot_time now, milliseconds grace) {
  std::vector<std::uint64_t> asked;
  for (auto& [id, run] : sent_) {
    if (now < run.timeout_at || run.kill_at != boot_time::max()) continue;
    run.kill_at = later(run.timeout_at, grace);
    run.kill_as = run_result::timeout;
    asked.push_back(id);
  }
  return asked;
}

bool run_book::overstayed(boot_time now) const {
  return std::any_of(sent_.begin(), sent_.end(),
                     [&](const auto& item) { return item.second.kill_at <= now; });
}

boot_time run_book::next_event() const {
  boot_time next = boot_time::max();
  for (const auto& [id, run] : sent_) {
    next = std::min(next, run.kill_at != boot_time::max() ? run.kill_at : run.timeout_at);
  }
  return next;
}

std::vector<sent_run> run_book::runner_gone() {
  std::vector<sent_run> begun;
  std::vector<run_request> again;
  for (auto& [id, run] : sent_) {
    if (run.started || run.kill_at != boot_time::max())
      begun.push_back(std::move(run));
    else
      again.push_back(std::move(run.request));
  }
  sent_.clear();
  waiting_.insert(waiting_.begin(), std::make_move_iterator(again.begin()),
                  std::make_move_iterator(again.end()));
  return begun;
}

}  // namespace weir::runner
