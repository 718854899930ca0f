// What differs between two configurations, and what of it a running node can take over.
#pragma once

#include <string>
#include <vector>

#include <weir/config.hpp>

namespace weir::config {

struct changed_key {
  std::string path;   ///< as TOML writes it: action."a b".retry.every
  bool live = false;  ///< taken over by a running node; else it needs a restart
};

/// Every key whose value differs, secrets included, in the order of the later one; then those that are gone.
std::vector<changed_key> changes(const node_config& before, const node_config& after);

}  // namespace weir::config
