#include "cluster/verdict_rules.hpp"

#include "domain/crash_rule.hpp"
#include "domain/retry_delay.hpp"
#include "domain/task_bounds.hpp"

namespace weir::cluster {

using namespace std::chrono_literals;
using domain::run_result;

settlement settle(const domain::run_verdict& verdict, int attempts, int crashes,
                  const action_options& options, double random) {
  settlement how;
  how.result = verdict.result;
  how.message = domain::cut_message(verdict.message);
  how.started_at = verdict.started_at;
  how.took = verdict.took;
  switch (verdict.result) {
    case run_result::success:
    case run_result::failure:
    case run_result::cancel:
    case run_result::superseded:
    case run_result::last_crash:
    case run_result::moved: break;
    case run_result::retry:
    case run_result::timeout: {
      how.counts_attempt = true;
      const auto delay = domain::retry_delay(options.retry, attempts + 1, random);
      if (delay) {
        how.again_in = verdict.delay.value_or(*delay);
      } else {
        how.result = run_result::failure;
        how.message = domain::cut_message("gave up after " + std::to_string(attempts + 1) +
                                          " attempts: " + verdict.message);
      }
      break;
    }
    case run_result::snooze:
      how.again_in = verdict.delay.value_or(1s);
      how.open_state = 'w';
      break;
    case run_result::crash: {
      how.counts_crash = true;
      const domain::crash_verdict after =
          domain::after_crash(crashes + 1, options.max_crashes, verdict.message);
      how.message = domain::cut_message(after.message);
      if (after.retry)
        how.again_in = domain::back_off(options.retry, crashes + 1, random);
      else
        how.result = run_result::last_crash;
      break;
    }
    case run_result::interrupted:
      how.again_in = 0ms;
      how.open_state = 'w';
      break;
  }
  return how;
}

std::string message_of(const left_run& left) {
  return left.ended_by.empty() ? "its node ended" : "its node ended: it " + left.ended_by;
}

domain::run_verdict verdict_of(const left_run& left) {
  domain::run_verdict verdict;
  verdict.result = left.marked ? run_result::crash : run_result::interrupted;
  verdict.message = message_of(left);
  verdict.started_at = left.since;
  verdict.took = left.took;
  return verdict;
}

}  // namespace weir::cluster
