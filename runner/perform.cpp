// The only place where action code is called: everything that can come out of it ends here.
#include "runner/perform.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "domain/duration_text.hpp"
#include "domain/task_bounds.hpp"
#include "domain/trace_context.hpp"
#include "runner/crashed.hpp"
#include "runner/exception_text.hpp"

namespace weir::runner {

namespace {

using domain::run_request;
using domain::run_result;
using domain::run_verdict;

/// Between two lines about the progress of one run.
constexpr std::chrono::milliseconds progress_pause{1000};

/// The context of a run that happens in this process.
class run_context final : public context {
 public:
  run_context(const run_request& request, const std::string& node, const run_control& control,
              const log_sink& log)
      : request_(request), node_(node), control_(control), log_(log) {}

  bool stop_requested() const override { return control_.should_end(); }
  boot_time deadline() const override { return control_.deadline(); }
  std::uint64_t fencing_token() const override { return request_.fencing_token; }
  int attempt() const override { return request_.attempt; }
  const std::string& node() const override { return node_; }
  void log(const std::string& line) override {
    if (log_) log_(line_about(request_, log_level::info, line));
  }
  void progress(double done, const std::string& note) override {
    const bool complete = done >= 1.0;
    const boot_time::rep now = boot_clock::now().time_since_epoch().count();
    boot_time::rep last = last_progress_.load(std::memory_order_relaxed);
    const bool soon = last != 0 && now - last < boot_time::duration{progress_pause}.count();
    if (!log_ || (soon && !complete)) return;
    if (!last_progress_.compare_exchange_strong(last, now)) return;  // another thread of the run says it
    const double share = done > 0.0 ? std::min(done, 1.0) : 0.0;
    const std::string percent = std::to_string(static_cast<int>(share * 100.0)) + " %";
    log_(line_about(request_, log_level::progress, note.empty() ? percent : percent + ", " + note));
  }

 private:
  const run_request& request_;
  const std::string& node_;
  const run_control& control_;
  const log_sink& log_;
  std::atomic<boot_time::rep> last_progress_{0};
};

void take(const outcome& said, run_verdict& verdict) {
  verdict.message = said.message();
  verdict.delay = said.delay();
  switch (said.what()) {
    case outcome::kind::success: verdict.result = run_result::success; break;
    case outcome::kind::retry: verdict.result = run_result::retry; break;
    case outcome::kind::failure: verdict.result = run_result::failure; break;
    case outcome::kind::snooze: verdict.result = run_result::snooze; break;
    case outcome::kind::cancel: verdict.result = run_result::cancel; break;
  }
  if (verdict.delay) {
    // A snooze without a pause would be a busy loop; a negative delay is a slip of the action.
    const std::chrono::milliseconds least{verdict.result == run_result::snooze ? 1 : 0};
    verdict.delay = std::max(*verdict.delay, least);
  }
}

/// A retry after the run was asked to end is its answer to that, and counts as such.
void see_why_it_ended(const run_control& control, const registered_action& action, run_verdict& verdict) {
  if (verdict.result != run_result::retry) return;
  const boot_time now = boot_clock::now();
  std::string why;
  // A runner process is told of its timeout by a stop: the timeout is the reason, then, not the messenger.
  if (control.stopped() && !control.timed_out(now)) {
    verdict.result = run_result::interrupted;
  } else if (control.timed_out(now)) {
    verdict.result = run_result::timeout;
    why = "timed out after " +
          domain::format_duration(action.options.timeout.value_or(std::chrono::milliseconds{0}));
  } else if (control.disowned(now)) {
    verdict.result = run_result::interrupted;
    why = "ownership of the stream ended";
  } else {
    return;
  }
  verdict.delay.reset();
  if (why.empty()) return;
  verdict.message = verdict.message.empty() ? why : why + ": " + verdict.message;
}

/// True if the action threw.
bool call(const registered_action& action, const task& what, context& ctx, run_verdict& verdict) {
  try {
    take(action.perform(what, ctx), verdict);
    return false;
  } catch (const crashed& e) {
    verdict.result = run_result::crash;
    verdict.message = e.what();
  } catch (...) {
    verdict.result = run_result::retry;
    verdict.message = text_of_exception("the action");
  }
  return true;
}

}  // namespace

std::optional<std::string> what_went_wrong(const run_verdict& verdict, bool threw) {
  switch (verdict.result) {
    case run_result::crash: return "crashed: " + verdict.message;
    case run_result::timeout: return verdict.message;
    case run_result::retry: return threw ? std::optional{"threw: " + verdict.message} : std::nullopt;
    default: return std::nullopt;
  }
}

log_line line_about(const run_request& request, log_level level, std::string text) {
  const auto trace = domain::parse_traceparent(request.traceparent);
  return {level,
          request.stream,
          request.task_id,
          request.name,
          request.attempt,
          domain::cut_message(std::move(text)),
          trace ? domain::trace_id_text(*trace) : std::string{}};
}

run_verdict perform(const action_table& actions, const run_request& request, const std::string& node,
                    const run_control& control, const log_sink& log) {
  run_verdict verdict;
  verdict.run_id = request.run_id;
  verdict.started_at =
      std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  const boot_time start = boot_clock::now();

  const auto found = actions.find(request.name);
  if (found == actions.end()) {
    verdict.result = run_result::interrupted;
    verdict.message = "node " + node + " has no action \"" + request.name + '"';
    return verdict;
  }
  task what;
  what.data = nlohmann::json::parse(request.data, nullptr, false);
  if (what.data.is_discarded()) {
    verdict.result = run_result::failure;
    verdict.message = "the task's data is not valid JSON: it was not written through weir";
    return verdict;
  }
  what.id = request.task_id;
  what.name = request.name;
  what.key = request.key;
  what.stream = request.stream;
  what.attempt = request.attempt;
  what.created_by = request.created_by;
  what.created_at = request.created_at;
  // It goes into headers and environments: nothing else may be in it, whoever wrote the row.
  if (const auto trace = domain::parse_traceparent(request.traceparent))
    what.traceparent = domain::to_traceparent(*trace);

  run_context ctx{request, node, control, log};
  const bool threw = call(found->second, what, ctx, verdict);
  verdict.took = std::chrono::duration_cast<std::chrono::milliseconds>(boot_clock::now() - start);
  see_why_it_ended(control, found->second, verdict);
  verdict.message = domain::cut_message(std::move(verdict.message));
  if (const auto error = what_went_wrong(verdict, threw); error && log)
    log(line_about(request, log_level::error, *error));
  return verdict;
}

}  // namespace weir::runner
