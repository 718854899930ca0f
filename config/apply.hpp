// The book's values into node_config, on top of the defaults.
#pragma once

#include <string>

#include "config/book.hpp"

namespace weir::config {

/// Drops values that their key refuses, each with a mistake. Afterwards apply can trust every type.
void check_values(book& values);

/// Fills a node_config. Relative paths start at `folder`. Blames what a section lacks (a stream's mode, an
/// action's command) and values that exclude each other within one section.
node_config apply(book& values, const std::string& folder);

}  // namespace weir::config
