// What [trace] of a configuration makes of a node: a rule, and an exporter. Nothing without its url.
#pragma once

#include <memory>

#include <weir/config.hpp>

#include "actors/runtime.hpp"
#include "app/api/node_metrics.hpp"
#include "app/trace/span_exporter.hpp"
#include "domain/trace_context.hpp"

namespace weir::app::trace {

/// Threads: one.
class tracing {
 public:
  /// Null: the node does not trace. Starts a thread.
  /// @param into  tells from now on how the spans fare
  static std::unique_ptr<tracing> of(const node_config& config, node_metrics& into);

  /// The end of a node: what waits is sent, if the collector answers in time.
  ~tracing();

 private:
  friend actors::executor_factory traced(actors::executor_factory make, tracing* by);
  explicit tracing(const node_config& config);

  domain::trace_rule rule_;
  span_exporter exporter_;
};

/// See traced_executor.hpp; they must not outlive `by`. Null: the same executors.
actors::executor_factory traced(actors::executor_factory make, tracing* by);

}  // namespace weir::app::trace
