// The span of a run, in the words of OpenTelemetry's conventions for messaging. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/trace/span.hpp"
#include "domain/execution.hpp"
#include "domain/trace_context.hpp"

namespace weir::app::trace {

/// A run that has begun: what is kept of its request until its end.
struct traced_run {
  domain::attempt_trace trace;
  std::optional<domain::trace_context> producer;
  std::int64_t task_id = 0;
  std::string name;
  std::optional<std::string> key;
  wall_time created_at{};
  int attempt = 1;
  std::uint64_t fencing_token = 0;
};

/// @return nullopt: the run never began, so there is nothing to show
std::optional<span> span_of(const traced_run& run, const std::string& stream,
                            const domain::run_verdict& verdict);

}  // namespace weir::app::trace
