// A span for each run that goes through an executor.
#pragma once

#include "actors/runtime.hpp"
#include "app/trace/span_exporter.hpp"
#include "domain/trace_context.hpp"

namespace weir::app::trace {

/// The same executors. A run is told the trace context of its own span; a run that ended is told to `to` where the rule
/// wants it recorded. @param to  outlives them
actors::executor_factory traced(actors::executor_factory make, domain::trace_rule rule, span_exporter& to);

}  // namespace weir::app::trace
