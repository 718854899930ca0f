// A driver outside of weir: it counts the sessions that are opened, and leaves the work to another driver.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include <weir/driver.hpp>

class my_driver final : public weir::driver {
 public:
  explicit my_driver(std::unique_ptr<weir::driver> inner) : inner_(std::move(inner)) {}

  std::unique_ptr<weir::membership_store> open_membership() override { return counted().open_membership(); }
  std::unique_ptr<weir::leadership_store> open_leadership() override { return counted().open_leadership(); }
  std::unique_ptr<weir::ownership_store> open_ownership() override { return counted().open_ownership(); }
  std::unique_ptr<weir::coordination_store> open_coordination() override {
    return counted().open_coordination();
  }
  std::unique_ptr<weir::task_store> open_tasks() override { return counted().open_tasks(); }
  std::unique_ptr<weir::console_store> open_console() override { return counted().open_console(); }
  std::unique_ptr<weir::schedule_store> open_schedules() override { return counted().open_schedules(); }
  std::unique_ptr<weir::retention_store> open_retention() override { return counted().open_retention(); }
  std::unique_ptr<weir::cdc_store> open_cdc() override { return counted().open_cdc(); }
  std::unique_ptr<weir::cdc_reader> open_cdc_reader(const weir::cdc_query& query) override {
    return counted().open_cdc_reader(query);
  }

  int sessions() const { return sessions_; }

 private:
  weir::driver& counted() {
    ++sessions_;
    return *inner_;
  }

  std::unique_ptr<weir::driver> inner_;
  std::atomic<int> sessions_{0};
};
