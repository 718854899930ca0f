// `weir dev`: one process that is store, node, API and dashboard.
#pragma once

#include <weir/config.hpp>

#include "app/dev/dev_settings.hpp"

namespace weir::app {

/// Runs until SIGTERM or SIGINT; returns the exit code.
/// @param config  as settle_for_dev left it
int run_dev(node_config config, const dev_wish& wish);

}  // namespace weir::app
