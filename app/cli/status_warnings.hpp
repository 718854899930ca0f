// What is wrong with a cluster, as `status` says it. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <weir/driver/console_store.hpp>

namespace weir::app {

/// One thing that a person should look at. Codes are stable:
/// no_nodes, no_leader, node_silent, versions_differ, pinned_node_away, stream_rests, name_paused, no_action,
/// action_elsewhere, stream_missing, declaration_differs.
struct warning {
  std::string code;
  std::string message;
  std::string where;  ///< "stream mail", "node n1", "cluster"
  std::string fix;    ///< the command that mends it, for a shell; or what to do where none can
};

/// True for nodes that may own something: joining, active, draining.
bool is_alive(node_state state) noexcept;

/// "pinned to node n1 (strict: waits while it is away)". Of a stream with a pin.
std::string pin_text(const stream_row& stream);

/// ", one is tried in 40s; the last one said: no route to host"
std::string rest_text(const resting_stream& rests);

/// What it means for running nodes that a stream is deleted whose tasks they perform; nothing if none does.
std::optional<std::string> deletion_warning(const cluster_view& view, const stream_row& stream);
/// Of a declaration that is not in force, as the database tells it.
warning difference_warning(const std::string& sentence);

std::vector<warning> warnings_of(const cluster_view& view);

}  // namespace weir::app
