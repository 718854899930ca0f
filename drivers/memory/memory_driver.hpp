// The memory driver: an exact model of the store, for tests and simulations.
//
// Several drivers may share one world, as the nodes of a cluster share one database.
#pragma once

#include <memory>

#include <weir/driver.hpp>
#include "drivers/memory/faults.hpp"
#include "drivers/memory/world.hpp"

namespace weir::memory {

/// One node's way to the world. Thread-safe; outlives its stores.
class memory_driver final : public weir::driver {
 public:
  explicit memory_driver(std::shared_ptr<world> store);

  std::unique_ptr<membership_store> open_membership() override;
  std::unique_ptr<leadership_store> open_leadership() override;
  std::unique_ptr<ownership_store> open_ownership() override;
  std::unique_ptr<coordination_store> open_coordination() override;
  std::unique_ptr<task_store> open_tasks() override;
  std::unique_ptr<console_store> open_console() override;
  std::unique_ptr<schedule_store> open_schedules() override;
  std::unique_ptr<retention_store> open_retention() override;
  std::unique_ptr<cdc_store> open_cdc() override;
  std::unique_ptr<cdc_reader> open_cdc_reader(const cdc_query& query) override;

  /// What goes wrong on this node's way to the world.
  faults& trouble() { return *trouble_; }

 private:
  std::shared_ptr<world> store_;
  std::shared_ptr<faults> trouble_ = std::make_shared<faults>();
};

std::unique_ptr<memory_driver> make_driver(std::shared_ptr<world> store);

}  // namespace weir::memory
