// A database that `weir run --cell` serves beside others.
#pragma once

#include <string>
#include <vector>

#include <weir/config.hpp>

namespace weir::app {

struct cell {
  std::string file;  ///< its configuration, as it was given
  node_config config;
};

/// What keeps them from running side by side (two that mean one database, one state_dir), as one sentence with the
/// fix; "" = nothing. Pure.
std::string cells_problem(const std::vector<cell>& cells);

}  // namespace weir::app
