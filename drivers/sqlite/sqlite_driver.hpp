// The store of `weir dev`: the model of drivers/memory, kept in a SQLite file. One process, one node.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include <weir/driver.hpp>

#include "drivers/memory/memory_driver.hpp"

namespace weir::sqlite {

struct options {
  std::filesystem::path file;
  /// Opens the sources of change data capture; empty: there are none.
  std::function<std::unique_ptr<cdc_reader>(const cdc_query&)> open_source{};
  /// The clock, and what else a world can be told; its login and server are the store's own.
  memory::world_options world{};
};

/// As memory_driver: thread-safe, outlives its stores.
class sqlite_driver final : public weir::driver {
 public:
  /// @errors refused (another process has the file), unavailable, schema_mismatch: see store_file.hpp
  static result<std::unique_ptr<sqlite_driver>> open(options how);

  std::unique_ptr<membership_store> open_membership() override { return model_.open_membership(); }
  std::unique_ptr<leadership_store> open_leadership() override { return model_.open_leadership(); }
  std::unique_ptr<ownership_store> open_ownership() override { return model_.open_ownership(); }
  std::unique_ptr<coordination_store> open_coordination() override { return model_.open_coordination(); }
  std::unique_ptr<task_store> open_tasks() override { return model_.open_tasks(); }
  std::unique_ptr<console_store> open_console() override { return model_.open_console(); }
  std::unique_ptr<retention_store> open_retention() override { return model_.open_retention(); }
  std::unique_ptr<schedule_store> open_schedules() override { return model_.open_schedules(); }
  std::unique_ptr<cdc_store> open_cdc() override { return model_.open_cdc(); }
  std::unique_ptr<cdc_reader> open_cdc_reader(const cdc_query& query) override;

  /// For tests.
  const std::shared_ptr<memory::world>& world() const { return world_; }

 private:
  sqlite_driver(std::shared_ptr<memory::world> world, options how)
      : world_(std::move(world)), model_(world_), options_(std::move(how)) {}

  std::shared_ptr<memory::world> world_;
  memory::memory_driver model_;
  options options_;
};

}  // namespace weir::sqlite
