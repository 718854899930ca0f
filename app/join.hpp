// How a node becomes a member: a former incarnation of its name is proved dead, waited out, or found alive.
#pragma once

#include <functional>
#include <optional>

#include <weir/config.hpp>
#include <weir/driver.hpp>

#include "app/former_process.hpp"
#include "app/state_dir.hpp"

namespace weir::app {

struct membership {
  registration joined;
  boot_time at{};                        ///< read before the registration was sent
  std::vector<std::string> differences;  ///< declarations that differ from the value in force
};

struct join_request {
  const node_config* config = nullptr;
  node_facts facts;  ///< without machine
  declarations declared;
  std::vector<schedule_declaration> schedules;
  std::optional<former_process> former;  ///< as the supervisor saw it end
  std::function<bool()> stop_wanted;     ///< gives up waiting for a former incarnation
};

/// Writes what a node declares; what differs from the values in force, a sentence each.
result<std::vector<std::string>> declare(driver& store, node_id me, const join_request& request);

/// Identifies the database, ends a former incarnation of the name (by proof, or after a ttl without a beat),
/// registers, declares, and turns active.
/// @errors unavailable, schema_missing, schema_mismatch, read_only;
///         conflict (the name beats: names the holder; or [cluster] differs);
///         refused (stop was wanted)
result<membership> join(driver& store, state_dir& state, const join_request& request);

}  // namespace weir::app
