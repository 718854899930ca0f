// `weir bench`: whole lives of tasks through one node, in a schema of its own that is dropped at the end.
#pragma once

#include <functional>
#include <string>

#include <weir/config.hpp>
#include <weir/result.hpp>

#include "app/cli/bench_plan.hpp"

namespace weir::app::bench {

/// Makes schema and node, measures `plan.rounds` times, and puts everything away again. Each figure is told to
/// `progress`, one sentence a step.
/// @errors  those of the database and of the node's start; unavailable when a load is not done in five minutes.
result<std::vector<bench_figures>> measure(node_config where, const bench_plan& plan,
                                           const std::function<void(const std::string&)>& progress);

}  // namespace weir::app::bench
