// `weir run`: a node with the actions of its configuration only, here or under a watching process.
#pragma once

#include <weir/config.hpp>

namespace weir::app {

/// Runs a node in the foreground; returns the process's exit code.
/// @param once  ends by itself when nothing due is left in the partitions that it owns.
int run_node(node_config config, bool once);

/// Runs this very command line without `--supervise` in a process of its own, again after each crash.
int supervise_node(const node_config& config);

}  // namespace weir::app
