// How a node makes executors: handed in by the composition root, which knows the runner.
#pragma once

#include <functional>
#include <memory>

#include <weir/driver/types.hpp>

#include "domain/execution.hpp"

namespace weir::actors {

/// Makes an executor for a stream as its `isolation` says. Called from the worker.
using executor_factory =
    std::function<std::unique_ptr<domain::executor>(const stream_row&, domain::executor::on_verdict)>;

}  // namespace weir::actors
