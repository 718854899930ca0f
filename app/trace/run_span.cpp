#include "app/trace/run_span.hpp"

#include "domain/time_text.hpp"

namespace weir::app::trace {

namespace {

using domain::run_result;

/// What went wrong with the run itself; a snooze or a cancel is an answer.
bool is_failing(run_result result) {
  switch (result) {
    case run_result::failure:
    case run_result::retry:
    case run_result::timeout:
    case run_result::crash:
    case run_result::interrupted: return true;
    default: return false;
  }
}

}  // namespace

std::optional<span> span_of(const traced_run& run, const std::string& stream,
                            const domain::run_verdict& verdict) {
  // Executors date such an end, too.
  const bool began = verdict.result != run_result::interrupted || verdict.took.count() > 0;
  if (!began) return std::nullopt;
  span made;
  made.context = run.trace.own;
  if (run.producer && run.trace.producer == domain::trace_tie::parent) made.parent = run.producer->span_id;
  if (run.producer && run.trace.producer == domain::trace_tie::link) made.link = run.producer;
  made.name = "process " + stream;
  made.kind = span_kind::consumer;
  made.started_at = verdict.started_at;
  made.ended_at = verdict.started_at + verdict.took;
  made.attributes = {{"messaging.system", std::string{"weir"}},
                     {"messaging.operation.name", std::string{"process"}},
                     {"messaging.operation.type", std::string{"process"}},
                     {"messaging.destination.name", stream},
                     {"messaging.message.id", std::to_string(run.task_id)},
                     {"weir.task.name", run.name},
                     {"weir.task.created_at", domain::format_time(run.created_at)},
                     {"weir.task.attempt", std::int64_t{run.attempt}},
                     {"weir.fencing_token", std::to_string(run.fencing_token)},
                     {"weir.result", std::string{domain::to_string(verdict.result)}}};
  if (run.key) made.attributes.push_back({"weir.task.key", *run.key});
  made.failed = is_failing(verdict.result);
  if (!made.failed) return made;
  made.attributes.push_back({"error.type", std::string{domain::to_string(verdict.result)}});
  made.message = verdict.message;
  return made;
}

}  // namespace weir::app::trace
