// What a task may look like on its way in: names, keys, data, messages (INTERFACE section 3, "Bounds").
//
// Checked before anything is sent to the store; the store checks again for producers that write SQL.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <weir/result.hpp>

namespace weir::domain {

/// Checks a stream, task or node name: 1-64 printable characters (code points) of valid UTF-8, no control
/// characters, no line separators.
/// @param what  what the message calls it, e.g. "task name", "stream", "node.name".
/// @errors      invalid: says what is wrong, where, and the fix.
result<void> check_name(std::string_view what, std::string_view value);

/// Checks a task key: valid UTF-8 without NUL, up to 512 bytes. An empty key is allowed: it means no key.
/// @errors invalid
result<void> check_key(std::string_view value);

/// Checks the JSON text of a task's data: valid JSON and UTF-8, at most `limit` bytes, at most 64 levels
/// of nesting, no NUL (raw or as an escape) in any string, no number beyond a double. Takes constant stack,
/// whatever the input.
/// @errors invalid: names the place (line, column or byte) and the fix.
result<void> check_data(std::string_view json, std::size_t limit);

/// A message that the store accepts: at most 2,000 bytes, cut at a character's edge, with NUL and bytes
/// that are not UTF-8 replaced by U+FFFD. Looks at no more of a long text than it keeps.
std::string cut_message(std::string message);

/// `value` for use inside an error message: in double quotes, cut at 64 characters, with control
/// characters, quotes, backslashes and invalid bytes escaped (\n, \", \x1b).
std::string in_quotes(std::string_view value);

}  // namespace weir::domain
