// Whether a name that no node at work performs is somebody's who will be back.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <weir/driver/types.hpp>

namespace weir::domain {

/// A node that has the action, is not at work, and last beat within `patience`; null: there is none. Its tasks wait
/// for it: a restart must not cancel what was accepted.
/// @param nodes  the newest incarnation of each name, ended ones included
const node_row* awaited_performer(const std::vector<node_row>& nodes, const std::string& action,
                                  std::chrono::milliseconds patience);

}  // namespace weir::domain
