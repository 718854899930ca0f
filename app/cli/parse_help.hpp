// What the parser says to people: help pages, and explanations of wrong command lines.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace weir::app {

/// The help page of a command: one line of purpose, usage, then commands or options.
std::string help_page(const CLI::App& app);

/// The deepest command that `args` name.
const CLI::App& named_command(const CLI::App& root, const std::vector<std::string>& args);

/// One sentence on why `args` were not understood, with the nearest known word; `complaint` is the
/// parser's own sentence, used where nothing better is known.
std::string explain_parse_error(const CLI::App& root, const std::vector<std::string>& args,
                                const std::string& complaint);

}  // namespace weir::app
