// What the holder of a token may do.
#pragma once

#include <optional>
#include <string>

namespace weir::http {

/// Each may what the one before may. viewer: look; operator_: enqueue, and act on tasks, streams, schedules and nodes;
/// admin: make leaders resign, reload.
enum class role { viewer, operator_, admin };

/// "viewer", "operator", "admin".
const char* to_string(role what) noexcept;
std::optional<role> parse_role(const std::string& text);

}  // namespace weir::http
