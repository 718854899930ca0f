// The stores of the postgres driver: one factory each, one file each.
#pragma once

#include <cstdint>
#include <memory>

#include <weir/driver.hpp>

#include "drivers/postgres/postgres_driver.hpp"

namespace weir::postgres {

std::unique_ptr<membership_store> open_membership_store(const options& where);
std::unique_ptr<leadership_store> open_leadership_store(const options& where);
std::unique_ptr<ownership_store> open_ownership_store(const options& where);
std::unique_ptr<coordination_store> open_coordination_store(const options& where);
std::unique_ptr<task_store> open_task_store(const options& where);
std::unique_ptr<console_store> open_console_store(const options& where);
std::unique_ptr<schedule_store> open_schedule_store(const options& where);
std::unique_ptr<retention_store> open_retention_store(const options& where);
std::unique_ptr<cdc_store> open_cdc_store(const options& where);
std::unique_ptr<cdc_reader> make_cdc_reader(const options& where, cdc_query query);

/// The advisory lock of the election: (class, object), the object made from the schema's name, so that two
/// weirs in one database do not disturb each other.
struct advisory_lock {
  std::int32_t lock_class;
  std::int32_t lock_object;
};
advisory_lock leader_lock(const options& where);
advisory_lock migration_lock(const options& where);

}  // namespace weir::postgres
