// A node as a service of systemd: what is said at each turn of its life, and who may say that it lives.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <weir/config.hpp>

#include "app/reload_report.hpp"
#include "app/service_notice.hpp"
#include "app/watchdog.hpp"

namespace weir::app {

/// Threads: one.
class node_service {
 public:
  /// Says that the node starts. Where systemd has a watchdog, it is fed from now on.
  /// @param config  outlives it
  explicit node_service(const node_config& config);

  /// While it lives, an incarnation is at work, and the watchdog looks at it.
  class at_work {
   public:
    /// @param last_sign  when this incarnation last gave a sign of life; from any thread.
    at_work(node_service& service, node_id me, std::function<boot_time()> last_sign);
    ~at_work();
    at_work(const at_work&) = delete;
    at_work& operator=(const at_work&) = delete;

   private:
    node_service& service_;
  };

  /// Reads the configuration again by `reload`, and says so before and afterwards.
  void reload(const std::function<reload_report()>& reload);
  void stopping(bool draining);
  void joining_again();
  void cannot_join(const error& why);

 private:
  const node_config& config_;
  service_notice notice_;
  std::unique_ptr<watchdog> watchdog_;  ///< null: systemd has none
  std::string state_;                   ///< what it was last said to be
};

}  // namespace weir::app
