// The runs that a process executor owes verdicts for: those that wait, and those its runner has. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/boot_clock.hpp>

#include "domain/execution.hpp"

namespace weir::runner {

/// A run that was sent to the runner.
struct sent_run {
  domain::run_request request;
  std::optional<boot_time> started;  ///< when its action was called, as far as the runner got to say
  wall_time started_at{};
  std::string progress;  ///< the last it said of itself
  boot_time timeout_at = boot_time::max();
  boot_time kill_at = boot_time::max();  ///< set when it is asked to end
  domain::run_result kill_as = domain::run_result::interrupted;
};

/// Instants are handed in; who is asked or killed is the caller's to do. Not thread-safe.
class run_book {
 public:
  void add(domain::run_request request) { waiting_.push_back(std::move(request)); }
  /// The next run for the runner, which is to have at most `limit` at once; null if there is none or no room.
  const domain::run_request* send_next(std::size_t limit);

  /// The request of a run that the runner has, or null.
  const domain::run_request* sent(std::uint64_t run_id) const;
  void started(std::uint64_t run_id, wall_time at, boot_time now,
               std::optional<std::chrono::milliseconds> timeout);
  /// A run of this task said how far it is.
  void progressed(std::int64_t task_id, std::string how_far);
  /// Its verdict came: off the book. False if the runner does not have such a run.
  bool finished(std::uint64_t run_id) { return sent_.erase(run_id) == 1; }

  /// Takes a run off that is still waiting.
  std::optional<domain::run_request> drop_waiting(std::uint64_t run_id);
  std::deque<domain::run_request> drop_all_waiting() { return std::exchange(waiting_, {}); }
  /// Asks a run that the runner has to end by `kill_at`. False if it has no such run.
  bool ask(std::uint64_t run_id, boot_time kill_at);
  void ask_all(boot_time kill_at);
  /// Runs over their timeout and not asked to end before; they are asked to end within `grace` of it now.
  std::vector<std::uint64_t> ask_timed_out(boot_time now, std::chrono::milliseconds grace);

  /// True if some run has not ended although it was asked to, and its time is up.
  bool overstayed(boot_time now) const;
  /// When overstayed or ask_timed_out will have something; max() for never.
  boot_time next_event() const;

  /// The runner is gone: takes off the runs that had started or were asked to end; the others wait again,
  /// before those that do.
  std::vector<sent_run> runner_gone();

  bool empty() const { return waiting_.empty() && sent_.empty(); }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  std::deque<domain::run_request> waiting_;
  std::map<std::uint64_t, sent_run> sent_;
};

/// `base + wait`, or max() where that would overflow: waits may be "for ever".
boot_time later(boot_time base, std::chrono::milliseconds wait);

}  // namespace weir::runner
