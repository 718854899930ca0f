// A node_config as a flat list of keys and values, secrets masked: what every way of showing it is made from.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <weir/config.hpp>

#include "config/key_table.hpp"

namespace weir::config {

struct shown_value {
  key_path path;
  nlohmann::json value;
  std::string origin;  ///< "weir.toml:3:1", "WEIR_NODE__NAME", "--url" or "default"
};

/// Every key that has a value, in the table's order; sections of the user's naming by name.
std::vector<shown_value> shown_values(const node_config& config);

}  // namespace weir::config
