// JSON as text: laid out for people, and taken apart without changing a byte of it.
//
// A task's data is shown and enqueued as it was written: parsing it into numbers of this machine and
// printing them again would change large integers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <weir/result.hpp>

namespace weir::app {

using ordered_json = nlohmann::ordered_json;

/// One line without blanks; bytes that are not UTF-8 become U+FFFD.
std::string compact(const ordered_json& value);

/// Valid JSON text, spread over lines with two blanks a level; empty objects and arrays stay closed.
/// Strings and numbers are copied as they are.
std::string pretty(std::string_view json);

/// JSON text without the blanks between its parts.
std::string squeezed(std::string_view json);

struct json_member {
  std::string name;        ///< decoded
  std::string_view value;  ///< raw JSON text inside the text given
};

/// The members of one JSON object, in order.
/// @errors invalid: not JSON, not an object, or a name twice
result<std::vector<json_member>> object_members(std::string_view json);

/// The text of a JSON string; nullopt if `json` is something else.
std::optional<std::string> string_value(std::string_view json);

}  // namespace weir::app
