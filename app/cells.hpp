// `weir run --cell A --cell B`: one command, a node process for each of several databases.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/cli/cell.hpp"

namespace weir::app {

/// The command line of one cell: this one, with its configuration in place of all cells. Pure.
std::vector<std::string> cell_arguments(std::vector<std::string> arguments, const std::string& file);

/// Runs them until the last has ended, each on its own: the end of one is no end of another. Signals go to all.
/// @param log  hears one sentence about each start and end.
/// @return the first exit code that is not 0, in the order of the cells
int run_cells(const std::vector<cell>& cells, const std::function<void(const std::string&)>& log);

}  // namespace weir::app
