// The conformance suite on the memory driver.
#include <gtest/gtest.h>
#include <weir/testing/driver_conformance.hpp>

#include "drivers/memory/memory_driver.hpp"
#include "drivers/memory/producer_transaction.hpp"

namespace weir::conformance {
namespace {

class memory_producer final : public producer {
 public:
  explicit memory_producer(std::shared_ptr<memory::world> world) : transaction_(std::move(world)) {}

  task_id insert(const insert_row& row) override {
    auto id = transaction_.insert(row);
    if (id) return *id;
    ADD_FAILURE() << id.error().message;
    return 0;
  }
  void hold_fence(part_id part) override { transaction_.hold_fence(part); }
  void commit() override { transaction_.commit(); }
  void rollback() override { transaction_.rollback(); }

 private:
  memory::producer_transaction transaction_;
};

class memory_harness final : public harness {
 public:
  ~memory_harness() override {
    // What the suite does to a store, a correct owner may do.
    for (const auto& broken : world_->broken_rules) ADD_FAILURE() << broken;
  }

  weir::driver& driver() override { return *driver_; }
  std::unique_ptr<producer> begin() override { return std::make_unique<memory_producer>(world_); }
  void fail_over() override { world_->fail_over(); }
  void break_sessions() override { world_->break_sessions(); }
  void fill_segment() override { world_->fill_segment(); }
  cdc_query source(const std::vector<cdc_source_row>& rows) override {
    world_->sources["source"] = rows;
    return {"", "source", std::chrono::seconds{5}};
  }
  wall_time now() override { return world_->now(); }

 private:
  std::shared_ptr<memory::world> world_ = memory::make_world();
  std::unique_ptr<memory::memory_driver> driver_ = memory::make_driver(world_);
};

}  // namespace

std::unique_ptr<harness> make_harness() { return std::make_unique<memory_harness>(); }

}  // namespace weir::conformance
