// Streams as declarations and commands make and change them. All expect the world's mutex to be held.
#pragma once

#include <string>
#include <vector>

#include "drivers/memory/world.hpp"

namespace weir::memory {

/// @errors invalid: names the setting and its bounds
result<void> check_stream(const stream_declaration& wanted);

/// What differs, one sentence a setting. A pin is a value at creation only, so it never does.
std::vector<std::string> differences(const stream_declaration& wanted, const stream_entry& in_force);

/// True if a task of that name has not ended in another stream than `stream`.
bool has_unfinished_elsewhere(const world& store, const std::string& task_name, stream_id stream);

/// @errors refused, timeout (somebody is inserting), invalid. Changes nothing then.
result<void> apply(world& store, stream_entry& entry, const stream_change& change);

/// @errors refused, timeout (somebody is inserting). Changes nothing then.
result<void> remove(world& store, const stream_entry& entry);

}  // namespace weir::memory
