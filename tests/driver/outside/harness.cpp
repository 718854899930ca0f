// What a driver brings to the conformance suite: a fresh store for each test, and the hands of others on it.
#include <atomic>
#include <cstdlib>

#include <gtest/gtest.h>
#include <weir/testing/driver_conformance.hpp>

#include "drivers/memory/memory_driver.hpp"
#include "drivers/memory/producer_transaction.hpp"
#include "examples/driver/logged_driver.hpp"

namespace {

using weir::memory::producer_transaction;

std::atomic<int> statements{0};

/// A transaction of a program that writes to the store without the driver.
class my_producer final : public weir::conformance::producer {
 public:
  explicit my_producer(std::shared_ptr<weir::memory::world> world) : transaction_(std::move(world)) {}

  weir::task_id insert(const weir::insert_row& row) override {
    const auto id = transaction_.insert(row);
    EXPECT_TRUE(id.ok());
    return id ? *id : 0;
  }
  void hold_fence(weir::part_id part) override {
    if (std::getenv("MY_STORE_LOCKS_NOTHING") == nullptr) transaction_.hold_fence(part);
  }
  void commit() override { transaction_.commit(); }
  void rollback() override { transaction_.rollback(); }

 private:
  producer_transaction transaction_;
};

class my_harness final : public weir::conformance::harness {
 public:
  weir::driver& driver() override { return driver_; }
  std::unique_ptr<weir::conformance::producer> begin() override {
    return std::make_unique<my_producer>(world_);
  }
  void fail_over() override { world_->fail_over(); }
  void break_sessions() override { world_->break_sessions(); }
  void fill_segment() override { world_->fill_segment(); }
  weir::cdc_query source(const std::vector<weir::cdc_source_row>& rows) override {
    world_->sources["source"] = rows;
    return {"", "source", std::chrono::seconds{5}};
  }
  weir::wall_time now() override { return world_->now(); }

 private:
  std::shared_ptr<weir::memory::world> world_ = weir::memory::make_world();
  logged_driver driver_{weir::memory::make_driver(world_), [](const std::string&) { ++statements; }};
};

/// All of the suite's statements went through the driver that it is about.
class statements_were_told final : public testing::Environment {
 public:
  void TearDown() override { EXPECT_GT(statements, 0); }
};
const auto* const at_the_end = testing::AddGlobalTestEnvironment(new statements_were_told);

}  // namespace

std::unique_ptr<weir::conformance::harness> weir::conformance::make_harness() {
  return std::make_unique<my_harness>();
}
