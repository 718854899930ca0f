// A made-up cluster for rendering: three nodes, a pinned single stream, a parallel one, a paused one.
#pragma once

#include <weir/driver/console_store.hpp>

namespace weir::app {

/// 2026-11-22T19:26:03.250000Z
wall_time sample_now();
cluster_view sample_view();
/// Nobody there: no node, no leader, the default stream free.
cluster_view empty_view();

}  // namespace weir::app
