// The file layer: TOML text into the book. The only part that sees toml++.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "config/book.hpp"

namespace weir::config {

/// Reads `text`, which was found in the file called `name`, into `into`. A syntax error is one mistake
/// with its position, and nothing else is read then: false.
bool read_toml(std::string_view text, const std::string& name, book& into);

/// Reads one TOML value, e.g. `["a", "b"]` of an environment variable; nullopt when it is none.
std::optional<nlohmann::json> parse_toml_value(std::string_view text);

}  // namespace weir::config
