// Streams as declarations and commands make and change them. All expect the world's mutex to be held.
#pragma once

#include <string>
#include <vector>

#include "drivers/memory/world.hpp"

namespace weir::memory {

/// @errors invalid: names the setting and its bounds
result<void> check_stream(const stream_declaration& wanted);

/// What differs, one sentence a setting. A pin and its policy are values at creation only, so they never do.
std::vector<std::string> differences(const stream_declaration& wanted, const stream_entry& in_force);

/// True if some task of the stream has not ended (or may still appear: an open transaction brings one).
bool has_unfinished(const world& store, stream_id stream);
/// The same for a task name outside of `stream`.
bool has_unfinished_elsewhere(const world& store, const std::string& task_name, stream_id stream);

/// @errors refused, invalid. Changes nothing then.
result<void> apply(world& store, stream_entry& entry, const stream_change& change);

}  // namespace weir::memory
