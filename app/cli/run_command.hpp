// The door to the command line: arguments in, exit code out.
#pragma once

#include <string>
#include <vector>

#include "app/cli/backend.hpp"
#include "app/cli/io.hpp"

namespace weir::app {

/// Runs one command. `args` without the program's name. Never throws.
int run_command(const std::vector<std::string>& args, io& surroundings, backend& world);

}  // namespace weir::app
