// The store that a node's process works on.
#pragma once

#include <memory>

#include <weir/driver.hpp>
#include <weir/result.hpp>

#include "app/api/node_metrics.hpp"
#include "app/node_process.hpp"
#include "drivers/postgres/newest_server.hpp"

namespace weir::app {

/// The store that the program brings, or the configured database through the program's driver; measured. Null in a
/// runner process of a program that opens a store of its own.
/// @param newest   what this process knows of servers: older ones are refused
/// @param metrics  outlives it
result<std::shared_ptr<driver>> open_store(const node_program& program,
                                           const std::shared_ptr<postgres::newest_server>& newest,
                                           node_metrics& metrics);

}  // namespace weir::app
