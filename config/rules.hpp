// Rules between keys, defaults that depend on the machine, and what is accepted but not served yet.
#pragma once

#include "config/book.hpp"
#include "config/load.hpp"

namespace weir::config {

/// Fills node.name and node.state_dir where nothing is set.
void complete(node_config& config, const sources& from, book& values);

/// Blames impossible combinations: margins, addresses that need certificates or tokens, ...
void check_rules(const node_config& config, book& values);

/// One sentence in config.notes for each thing that this version validates and does not use.
void add_notes(node_config& config);

}  // namespace weir::config
