// Replaces the schema's name in embedded SQL.
#include "drivers/postgres/sql_text.hpp"

#include <cctype>

namespace weir::postgres::sql {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$'; }

bool ends_with(std::string_view text, std::string_view tail) {
  return text.size() >= tail.size() && text.substr(text.size() - tail.size()) == tail;
}

bool names_the_schema(std::string_view text, std::size_t at, std::string_view word) {
  const std::string_view before = text.substr(0, at);
  const std::string_view after = text.substr(at + word.size());
  if (!before.empty() && (is_word(before.back()) || before.back() == '"')) return false;
  if (!after.empty() && is_word(after.front())) return false;
  const bool names_something = after.size() >= 2 && after[0] == '.' && (is_word(after[1]) || after[1] == '%');
  if (names_something) return true;
  // Whatever would be left as it is would name a real cluster's schema.
  return ends_with(before, "schema ") || ends_with(before, " exists ") || ends_with(before, "search_path = ");
}

}  // namespace

std::string with_schema(std::string_view text, const std::string& schema) {
  constexpr std::string_view word = "weir";
  if (schema == word) return std::string{text};
  const std::string quoted = '"' + schema + '"';
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  std::size_t from = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + word.size())) {
    if (!names_the_schema(text, at, word)) continue;
    out += text.substr(from, at - from);
    out += quoted;
    from = at + word.size();
  }
  out += text.substr(from);
  return out;
}

}  // namespace weir::postgres::sql
