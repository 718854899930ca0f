// The cluster as metrics: read from the database when somebody asks. The leader alone tells, or sums would triple.
#pragma once

#include <string>

#include <weir/driver/console_store.hpp>
#include <weir/driver/figures.hpp>

namespace weir::app {

/// "weir_leader": told by every node.
std::string leader_gauge(bool leads);
/// Nodes, streams, partitions. @param seen  with a leader
std::string cluster_gauges(const cluster_view& seen);
/// What waits, and what is stored.
std::string figure_gauges(const cluster_figures& figures);

}  // namespace weir::app
