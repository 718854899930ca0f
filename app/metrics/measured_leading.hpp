// Counts what a leader does: the terms that begin here, and the partitions that it gives to other nodes.
#pragma once

#include <memory>

#include <weir/driver.hpp>

#include "app/api/node_metrics.hpp"

namespace weir::app {

/// The same stores. @param into  outlives them
std::unique_ptr<leadership_store> measured(std::unique_ptr<leadership_store> real, node_metrics& into);
std::unique_ptr<coordination_store> measured(std::unique_ptr<coordination_store> real, node_metrics& into);

}  // namespace weir::app
