// Why a task does or does not run, and what a node has left to do. All expect the world's mutex to be held.
#pragma once

#include "drivers/memory/world.hpp"

namespace weir::memory {

task_facts facts_of(const world& store, const task_entry& entry);
work_left left_for(const world& store, const node_entry& me);

}  // namespace weir::memory
