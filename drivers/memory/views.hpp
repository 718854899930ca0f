// Table rows as the seam shows them. All expect the world's mutex to be held.
#pragma once

#include "drivers/memory/world.hpp"

namespace weir::memory {

node_row view_of(const world& store, const node_entry& entry);
stream_row view_of(const world& store, const stream_entry& entry);
partition_row view_of(const world& store, const partition_entry& entry);

/// The newest incarnation of each name, ordered by id.
std::vector<node_row> newest_nodes(const world& store);
catalog catalog_of(const world& store);
/// Owners of a stream's partitions, newest first. @errors not_found
result<std::vector<owner_record>> owners_of(const world& store, const std::string& stream, int limit);

bool paused(const world& store, const stream_entry& entry);
bool paused(const world& store, const std::string& task_name);
/// How long from now until `at`, rounded up: whoever waits that long finds it passed.
std::chrono::milliseconds until(const world& store, wall_time at);

}  // namespace weir::memory
