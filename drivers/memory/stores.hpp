// Opens the stores of a memory driver; each .cpp of that name holds one of them.
#pragma once

#include <memory>

#include <weir/driver.hpp>
#include "drivers/memory/faults.hpp"
#include "drivers/memory/world.hpp"

namespace weir::memory {

using shared_world = std::shared_ptr<world>;
using shared_faults = std::shared_ptr<faults>;

std::unique_ptr<membership_store> open_membership(shared_world store, shared_faults trouble);
std::unique_ptr<leadership_store> open_leadership(shared_world store, shared_faults trouble);
std::unique_ptr<ownership_store> open_ownership(shared_world store, shared_faults trouble);
std::unique_ptr<coordination_store> open_coordination(shared_world store, shared_faults trouble);
std::unique_ptr<task_store> open_tasks(shared_world store, shared_faults trouble);
std::unique_ptr<console_store> open_console(shared_world store, shared_faults trouble);
std::unique_ptr<schedule_store> open_schedules(shared_world store, shared_faults trouble);
std::unique_ptr<retention_store> open_retention(shared_world store, shared_faults trouble);
std::unique_ptr<cdc_store> open_cdc(shared_world store, shared_faults trouble);
std::unique_ptr<cdc_reader> open_cdc_reader(shared_world store, shared_faults trouble,
                                            const cdc_query& query);

}  // namespace weir::memory
