#include "drivers/memory/memory_driver.hpp"

#include <utility>

#include "drivers/memory/stores.hpp"

namespace weir::memory {

memory_driver::memory_driver(std::shared_ptr<world> store) : store_(std::move(store)) {}

std::unique_ptr<membership_store> memory_driver::open_membership() {
  return memory::open_membership(store_, trouble_);
}
std::unique_ptr<leadership_store> memory_driver::open_leadership() {
  return memory::open_leadership(store_, trouble_);
}
std::unique_ptr<ownership_store> memory_driver::open_ownership() {
  return memory::open_ownership(store_, trouble_);
}
std::unique_ptr<coordination_store> memory_driver::open_coordination() {
  return memory::open_coordination(store_, trouble_);
}
std::unique_ptr<task_store> memory_driver::open_tasks() { return memory::open_tasks(store_, trouble_); }
std::unique_ptr<console_store> memory_driver::open_console() {
  return memory::open_console(store_, trouble_);
}
std::unique_ptr<retention_store> memory_driver::open_retention() {
  return memory::open_retention(store_, trouble_);
}
std::unique_ptr<schedule_store> memory_driver::open_schedules() {
  return memory::open_schedules(store_, trouble_);
}
std::unique_ptr<cdc_store> memory_driver::open_cdc() { return memory::open_cdc(store_, trouble_); }
std::unique_ptr<cdc_reader> memory_driver::open_cdc_reader(const cdc_query& query) {
  return memory::open_cdc_reader(store_, trouble_, query);
}

std::unique_ptr<memory_driver> make_driver(std::shared_ptr<world> store) {
  return std::make_unique<memory_driver>(std::move(store));
}

}  // namespace weir::memory
