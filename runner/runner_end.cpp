// Who is to blame: the run itself, another one, the deadline, or the code in the runner.
#include "runner/runner_end.hpp"

#include <chrono>
#include <cstring>

#include "domain/duration_text.hpp"

namespace weir::runner {

using domain::run_result;
using domain::run_verdict;
using std::chrono::milliseconds;

std::string to_text(const runner_end& end) {
  if (end.signal == 0) return "exited with status " + std::to_string(end.status);
  const char* name = ::sigabbrev_np(end.signal);
  return name != nullptr ? std::string{"killed by SIG"} + name
                         : "killed by signal " + std::to_string(end.signal);
}

run_verdict last_word(const sent_run& run, const inquest& found) {
  const boot_time start = run.started.value_or(found.now);
  run_verdict verdict;
  verdict.run_id = run.request.run_id;
  verdict.started_at = run.started ? run.started_at : found.wall_now;
  verdict.took = std::chrono::duration_cast<milliseconds>(found.now - start);
  verdict.result = run_result::interrupted;
  if (found.by_us != killed::no && run.kill_at <= found.now) {
    verdict.result = run.kill_as;
    const auto limit = std::chrono::duration_cast<milliseconds>(run.timeout_at - start);
    verdict.message = run.kill_as == run_result::timeout ? "timed out after " + domain::format_duration(limit)
                                                         : std::string{"interrupted"};
    verdict.message += " and did not end when asked to: its runner was killed";
  } else if (found.by_deadline) {
    verdict.message = "ownership of the stream ended: its runner was killed";
  } else if (found.by_us == killed::for_a_run || found.by_us == killed::at_close) {
    verdict.message = "its runner was killed because of another run";
  } else if (!run.started) {
    verdict.message = "its runner ended before it started";
  } else {
    verdict.result = run_result::crash;
    verdict.message =
        found.by_us == killed::as_broken ? "the action broke its runner's connection" : to_text(found.end);
  }
  if (!run.progress.empty()) verdict.message += " (at " + run.progress + ")";
  return verdict;
}

}  // namespace weir::runner
