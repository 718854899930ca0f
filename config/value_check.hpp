// Does one value fit its key? Types, forms and bounds; rules between keys are in rules.hpp.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "config/key_table.hpp"

namespace weir::config {

/// What a key takes, for messages and the reference: `a duration such as "6s", from 20ms to 1h`.
std::string expectation(const key& rule);

/// What is wrong with `value` for the key written as `name`, with the fix; nullopt: nothing.
/// Never repeats the value of a secret.
std::optional<std::string> complaint(const key& rule, const std::string& name, const nlohmann::json& value);

}  // namespace weir::config
