// Tasks as people list and count them. All expect the world's mutex to be held.
#pragma once

#include "drivers/memory/world.hpp"

namespace weir::memory {

task_record record_of(const world& store, const task_entry& entry);
task_page page_of(const world& store, const task_filter& filter);
task_id_page ids_of_page(const world& store, const task_filter& filter);
std::vector<attempt_record> attempts_of(const world& store, task_id id);
/// From the message of its superseding row; nullopt = not superseded.
std::optional<task_id> successor_of(const world& store, task_id id);
std::int64_t count_unfinished(const world& store, const std::string& name, std::int64_t cap);
std::int64_t count_ended(const world& store);
std::vector<task_id> unfinished(const world& store, const task_filter& filter, int most);
bounded_count unfinished_at_least(const world& store, const task_filter& filter, int most);
std::vector<error_group> recent_errors(const world& store, int limit);
/// Tasks IN PROGRESS in the node's partitions.
std::int64_t running_on(const world& store, node_id node);
stream_counts counts_of(const world& store, const stream_entry& entry);

}  // namespace weir::memory
