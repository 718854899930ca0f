// One line of the partner's protocol: a flat JSON object. Just enough of a reader and a writer for it,
// so that the partner shares no code with weir and cannot share its mistakes. A nested value is checked
// for balance and skipped.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace partner {

/// The members of one flat object. Strings are unescaped; numbers, true, false and null keep their text.
using fields = std::map<std::string, std::string>;

/// Reads `line` as one JSON object; nullopt unless all of it is one. Depth is bounded to 32.
std::optional<fields> parse_line(const std::string& line);
/// The member as an integer, digits as number or as string; nullopt when missing or anything else.
std::optional<std::int64_t> integer(const fields& from, const std::string& name);
/// The member's text, "" when missing.
std::string text(const fields& from, const std::string& name);
/// `value` as a JSON string with its quotes.
std::string quoted(const std::string& value);

}  // namespace partner
