// The command line as data, read off the parser itself: help pages, completions and the manual page are made from it.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace weir::app {

struct spoken_option {
  std::vector<std::string> words;  ///< "-o", "--output"; empty: a positional argument
  std::string value;               ///< "table|json|ndjson", "F"; "" = a flag
  std::string description;
  bool needed = false;
  bool many = false;                 ///< may be said more than once
  bool takes_next_word = false;      ///< its value is a word of its own: "-o json"
  std::vector<std::string> choices;  ///< its values, where they are few
  bool file = false;                 ///< its value is a file's name
};

struct spoken_command {
  std::string path;  ///< "weir stream pin"
  std::string description;
  std::vector<std::pair<std::string, std::string>> commands;  ///< below it, with their descriptions
  std::vector<spoken_option> options;                         ///< its own, -h left out
  std::vector<spoken_option> arguments;                       ///< positional ones
};

/// The root first, then depth first in the order of the help pages.
std::vector<spoken_command> spoken_commands(const CLI::App& root);

/// "weir stream pin"
std::string path_of(const CLI::App& app);
spoken_option spoken(const CLI::Option& option);
/// "-o, --output table|json|ndjson", "--wait[=T]"
std::string option_text(const spoken_option& option);
/// "NODE", "[ID...]"
std::string argument_text(const spoken_option& argument);

}  // namespace weir::app
