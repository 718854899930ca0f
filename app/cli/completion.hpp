// Completion scripts of shells, made from the parser's own tree.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace weir::app {

/// bash, zsh, fish
const std::vector<std::string>& completed_shells();
/// The script for one of them.
std::string completion_script(const CLI::App& root, const std::string& shell);

}  // namespace weir::app
