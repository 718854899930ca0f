// `weir dev --demo`: a few streams, actions of which some fail, and people who keep enqueueing.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include <weir/config.hpp>
#include <weir/driver.hpp>

#include "app/node_process.hpp"

namespace weir::app {

/// Adds the demo's streams, actions and schedule to what the configuration has; names that are taken stay as they are.
void add_demo(node_program& program, node_config& config);

/// Enqueues a task every few hundred milliseconds from when the demo's streams exist, until it ends or the process is
/// asked to stop.
class demo_load {
 public:
  explicit demo_load(std::shared_ptr<driver> store);
  ~demo_load();
  demo_load(const demo_load&) = delete;
  demo_load& operator=(const demo_load&) = delete;

 private:
  void run();

  std::shared_ptr<driver> store_;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace weir::app
