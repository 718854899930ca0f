#include "domain/object_hash.hpp"

namespace weir::domain {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

int digit_of(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr bool dash_at(std::size_t at) noexcept { return at == 8 || at == 13 || at == 18 || at == 23; }

}  // namespace

std::optional<cdc_hash> parse_object_hash(std::string_view text) noexcept {
  const bool dashes = text.size() == 36;
  if (!dashes && text.size() != 32) return std::nullopt;
  cdc_hash hash{};
  std::size_t nibble = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (dashes && dash_at(at)) {
      if (text[at] != '-') return std::nullopt;
      continue;
    }
    const int value = digit_of(text[at]);
    if (value < 0) return std::nullopt;
    auto& byte = hash[nibble / 2];
    byte = static_cast<unsigned char>(unsigned{byte} << 4U | static_cast<unsigned>(value));
    ++nibble;
  }
  return hash;
}

std::string format_object_hash(const cdc_hash& hash) {
  std::string text;
  text.reserve(36);
  for (const unsigned char byte : hash) {
    if (dash_at(text.size())) text += '-';
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

std::optional<std::string> normal_uuid(std::string_view text) {
  const auto bytes = parse_object_hash(text);
  if (!bytes) return std::nullopt;
  return format_object_hash(*bytes);
}

}  // namespace weir::domain
