// Times what a node asks of its store.
#pragma once

#include <memory>

#include <weir/driver.hpp>

#include "app/api/node_metrics.hpp"

namespace weir::app {

/// The same driver; task statements, inserts and beats of its stores are counted. @param into  outlives it
std::unique_ptr<driver> measured(std::shared_ptr<driver> real, node_metrics& into);

}  // namespace weir::app
