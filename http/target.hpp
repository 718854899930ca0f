// What stands in a request's first line after the method: path and query (RFC 3986).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/result.hpp>

namespace weir::http {

struct target {
  std::vector<std::string> path;  ///< segments, decoded; "/" has none, "/a/" has "a" and ""
  std::vector<std::pair<std::string, std::string>> query;
};

/// Takes an origin-form target apart: "/streams/a%2Fb:pin?x=1&y". A '+' in the query is a blank. Slashes that are
/// written as %2F do not part segments.
/// @errors invalid: no leading '/', a broken percent code, NUL, or bytes that are not UTF-8 once decoded.
result<target> parse_target(std::string_view text);

/// Cuts the base path off: its segments must be the first ones of `path`. @return false: it lies elsewhere.
/// @param base  "/" or "/weir" or "/weir/".
bool below(std::string_view base, std::vector<std::string>& path);

}  // namespace weir::http
