// docs/configuration.md, made from the table of keys.
#pragma once

#include <string>

namespace weir::config {

/// The whole page as Markdown. A test compares it with the file (UPDATE_GOLDEN=1 rewrites that).
std::string reference();

}  // namespace weir::config
