// A first weir.toml: every key of the table with its default, or an example of what may stand there, commented out.
#pragma once

#include <string>

#include "config/key_table.hpp"

namespace weir::config {

/// The text of the file. It is accepted as it stands, and means nothing but defaults.
std::string starter();

/// A value that the key takes, as TOML: its default where it has a literal one.
std::string example_of(const key& rule);

}  // namespace weir::config
