// Counts the runs that go through an executor.
#pragma once

#include <memory>

#include "actors/runtime.hpp"
#include "app/api/node_metrics.hpp"

namespace weir::app {

/// The same executors, counted. @param into  outlives them.
actors::executor_factory measured(actors::executor_factory make, node_metrics& into);

}  // namespace weir::app
