// From flags, environment and file to one validated node_config, with every mistake at once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <weir/config.hpp>

namespace weir::config {

/// Everything a configuration is made of, handed in, so that a test needs no process of its own.
/// Only the configuration file, the files that `*_file` keys name, and the three optional facts below
/// are read from the machine.
struct sources {
  std::optional<std::string> file;  ///< --config; it must exist
  /// Only WEIR_*, DATABASE_URL, XDG_STATE_HOME and HOME are looked at.
  std::map<std::string, std::string> environment;
  std::map<std::string, std::string> flags;  ///< "node.name" -> "n1"; the path of any key
  std::string working_directory;             ///< "" = the process's
  std::string home;                          ///< "" = HOME of `environment`
  std::optional<bool> root;                  ///< nullopt = is the process root
  std::optional<std::string> hostname;       ///< nullopt = the machine's
};

/// One mistake, printed as "where: error: text".
struct mistake {
  std::string where;  ///< "weir.toml:3:7", "WEIR_CLUSTER__TTL", "--node-name"
  std::string text;   ///< what is wrong and the fix; holds no secret
};

/// What load found. The configuration is complete only when there are no mistakes.
struct loaded {
  node_config config;
  std::vector<mistake> mistakes;  ///< of the file by position, then of the environment, then of the flags
};

/// Merges flags > environment > file > defaults, resolves `*_file` secrets, and checks every rule.
/// The file is the first of `from.file`, $WEIR_CONFIG, ./weir.toml, /etc/weir/weir.toml; when it can't be
/// read as TOML, rules between keys are not checked. Never throws on bad input.
loaded load(const sources& from);

/// The environment, folder and identity of this process; file and flags are left to the caller.
sources process_sources();
/// The same with --config F, --node-name N and --url U (also --flag=value); other arguments are left
/// alone. A flag without its value becomes a mistake of load.
sources sources_from_process(int argc, const char* const* argv);

/// "where: error: text\n" for each.
std::string describe(const std::vector<mistake>& mistakes);

/// The configuration as TOML that load accepts again, except that secrets (passwords in URLs, api keys,
/// credentials in headers) are `***`. `with_origin` adds where each value came from as a comment.
std::string show(const node_config& config, bool with_origin);
/// The same as one JSON object; `with_origin` makes each value {"value": .., "origin": ..}.
std::string show_json(const node_config& config, bool with_origin);

}  // namespace weir::config
