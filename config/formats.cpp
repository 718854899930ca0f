// Sizes, addresses and other one-line forms.
#include "config/formats.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace weir::config {

namespace {

struct size_unit {
  std::string_view name;
  unsigned shift;
};
constexpr std::array<size_unit, 4> size_units{{{"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"B", 0}}};
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 53U;

// Digits only, to the end of `text`.
std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool is_loopback(const std::string& host) {
  if (host == "localhost" || host == "::1") return true;
  if (!starts_with(host, "127.")) return false;
  // Exactly four numbers: "127.evil.example" is a name that leads anywhere.
  int numbers = 0;
  for (std::size_t start = 0;;) {
    const std::size_t dot = host.find('.', start);
    const auto number = whole_number(std::string_view{host}.substr(start, dot - start));
    if (!number || *number > 255) return false;
    ++numbers;
    if (dot == std::string::npos) return numbers == 4;
    start = dot + 1;
  }
}

}  // namespace

std::optional<std::size_t> parse_size(std::string_view text) {
  for (const auto& unit : size_units) {
    if (text.size() <= unit.name.size() || text.substr(text.size() - unit.name.size()) != unit.name) continue;
    const auto number = whole_number(text.substr(0, text.size() - unit.name.size()));
    if (!number) continue;  // "1MiB" ends with "B" as well
    if (*number > (most_bytes >> unit.shift)) return std::nullopt;
    return static_cast<std::size_t>(*number << unit.shift);
  }
  return std::nullopt;
}

std::string format_size(std::size_t bytes) {
  for (const auto& unit : size_units) {
    const std::size_t one = std::size_t{1} << unit.shift;
    if (bytes != 0 && bytes % one == 0) return std::to_string(bytes >> unit.shift) + std::string{unit.name};
  }
  return "0B";
}

std::optional<address> parse_address(std::string_view text) {
  address found;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const auto port = whole_number(text.substr(colon + 1));
  if (!port || *port > 65535) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos) return std::nullopt;
    if (!std::all_of(host.begin(), host.end(), [](char c) { return is_hex(c) || c == ':' || c == '.'; })) {
      return std::nullopt;
    }
  } else if (!std::all_of(host.begin(), host.end(), [](char c) {
               return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_';
             })) {
    return std::nullopt;
  }
  found.host = std::string{host};
  found.port = static_cast<int>(*port);
  found.loopback = is_loopback(found.host);
  return found;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool is_web_address(std::string_view text) {
  const std::size_t skip = starts_with(text, "https://") ? 8 : starts_with(text, "http://") ? 7 : 0;
  if (skip == 0) return false;
  const std::string_view host = text.substr(skip, text.find_first_of("/?#", skip) - skip);
  if (host.empty() || host.front() == ':' || host.back() == '@') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
}

bool is_database_address(std::string_view text) {
  if (text.empty() || starts_with(text, "postgres://") || starts_with(text, "postgresql://")) return true;
  if (text.find("://") < text.find('=')) return false;
  // keyword=value, with blanks around the sign allowed: the first word must be a keyword.
  const std::size_t word = text.find_first_not_of(" \t");
  if (word == std::string_view::npos) return false;
  std::size_t end = word;
  while (end < text.size() && (is_letter(text[end]) || text[end] == '_')) ++end;
  const std::size_t sign = text.find_first_not_of(" \t", end);
  return end > word && sign != std::string_view::npos && text[sign] == '=';
}

}  // namespace weir::config
