// Why a task does or does not run, what a node has left to do, and what waits for how long. All expect the world's
// mutex to be held.
#pragma once

#include <weir/driver/figures.hpp>

#include "drivers/memory/world.hpp"

namespace weir::memory {

task_facts facts_of(const world& store, const task_entry& entry);
work_left left_for(const world& store, const node_entry& me);
cluster_figures figures_of(const world& store);

}  // namespace weir::memory
