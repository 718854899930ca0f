// What `weir dev` makes of a configuration: no database server, and an address and a store where none is said.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include <weir/config.hpp>

#include "config/load.hpp"

namespace weir::app {

struct dev_wish {
  bool demo = false;
  /// Where the state directory is if nobody says: below this folder, if there is no configuration file.
  std::string working_directory;
  /// What is told to people once the node serves, line by line.
  std::function<void(const std::string&)> say;
};

/// Leaves out what names a database, which weir dev has none of: not even a mistake in it counts.
config::sources without_database(config::sources from);

/// Puts in what `weir run` has no default for, or another one: node.state_dir, http.listen, retention.
void settle_for_dev(node_config& config, const std::string& working_directory);

/// The file of the store.
std::filesystem::path store_of(const node_config& config);

}  // namespace weir::app
