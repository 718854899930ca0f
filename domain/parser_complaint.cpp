#include "domain/parser_complaint.hpp"

#include <cstdio>

#include "domain/task_bounds.hpp"
#include "domain/utf8.hpp"

namespace weir::domain {

namespace {

constexpr std::size_t enough = 240;

}  // namespace

std::string parser_complaint(std::string_view text) {
  const std::string_view kept = text.substr(0, enough);
  std::string message;
  for (std::size_t at = 0; at < kept.size();) {
    const std::size_t start = at;
    static_cast<void>(next_code_point(kept, at));
    const std::string_view character = kept.substr(start, at - start);
    if (check_name("", character)) {
      message += character;
      continue;
    }
    for (const char c : character) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      message += escaped;
    }
  }
  return text.size() > enough ? message + "..." : message;
}

std::string json_complaint(std::string_view what) {
  // "[json.exception.parse_error.101] parse error at line 1, column 2: ...": the tag says nothing to people.
  const std::size_t tag = what.find("] ");
  return parser_complaint(tag == std::string_view::npos ? what : what.substr(tag + 2));
}

}  // namespace weir::domain
