#include "http/target.hpp"

#include <optional>

#include "domain/task_bounds.hpp"
#include "domain/utf8.hpp"

namespace weir::http {

namespace {

std::optional<int> digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

result<std::string> decoded(std::string_view text, bool plus_is_blank) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_blank) c = ' ';
    if (c == '%') {
      const auto high = i + 2 < text.size() ? digit_of(text[i + 1]) : std::nullopt;
      const auto low = i + 2 < text.size() ? digit_of(text[i + 2]) : std::nullopt;
      if (!high || !low)
        return error{errc::invalid, "the address has a broken percent code in " + domain::in_quotes(text)};
      c = static_cast<char>(*high * 16 + *low);
      i += 2;
    }
    if (c == '\0') return error{errc::invalid, "the address has a NUL in " + domain::in_quotes(text)};
    out.push_back(c);
  }
  if (domain::first_invalid_utf8(out))
    return error{errc::invalid, "the address is not UTF-8 in " + domain::in_quotes(text)};
  return out;
}

std::vector<std::string_view> cut(std::string_view text, char at) {
  std::vector<std::string_view> out;
  for (std::size_t from = 0;;) {
    const auto end = text.find(at, from);
    out.push_back(text.substr(from, end - from));
    if (end == std::string_view::npos) return out;
    from = end + 1;
  }
}

}  // namespace

result<target> parse_target(std::string_view text) {
  if (text.empty() || text.front() != '/')
    return error{errc::invalid, "the address must start with '/', not " + domain::in_quotes(text)};
  const auto mark = text.find('?');
  const auto path = text.substr(1, mark == std::string_view::npos ? mark : mark - 1);
  target out;
  if (!path.empty()) {
    for (const auto segment : cut(path, '/')) {
      auto plain = decoded(segment, false);
      if (!plain) return plain.error();
      out.path.push_back(std::move(*plain));
    }
  }
  if (mark == std::string_view::npos || mark + 1 == text.size()) return out;
  for (const auto pair : cut(text.substr(mark + 1), '&')) {
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = decoded(pair.substr(0, equals), true);
    if (!name) return name.error();
    auto value =
        decoded(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true);
    if (!value) return value.error();
    out.query.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

bool below(std::string_view base, std::vector<std::string>& path) {
  std::size_t known = 0;
  for (const auto segment : cut(base, '/')) {
    if (segment.empty()) continue;
    if (known == path.size() || path[known] != segment) return false;
    ++known;
  }
  path.erase(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(known));
  return true;
}

}  // namespace weir::http
