// `weir run`: a node with the actions of its configuration only.
#pragma once

#include <weir/config.hpp>

namespace weir::app {

/// Runs a node in the foreground; returns the process's exit code.
int run_node(node_config config);

}  // namespace weir::app
