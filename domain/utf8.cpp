// The decoder follows table 3-7 of the Unicode standard by value: decode, then refuse what is too small
// for its length, a surrogate, or too large.
#include "domain/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace weir::domain {
namespace {

struct lead {
  std::size_t following;
  char32_t bits;
  char32_t smallest;
};

std::optional<lead> read_lead(unsigned char byte) noexcept {
  if (byte < 0x80) return lead{0, byte, 0};
  if (byte >= 0xC2 && byte <= 0xDF) return lead{1, byte & 0x1FU, 0x80};
  if (byte >= 0xE0 && byte <= 0xEF) return lead{2, byte & 0x0FU, 0x800};
  if (byte >= 0xF0 && byte <= 0xF4) return lead{3, byte & 0x07U, 0x10000};
  return std::nullopt;
}

/// The first byte from `at` on that is not ASCII; eight at a time, since nearly all text is.
std::size_t past_ascii(std::string_view text, std::size_t at) noexcept {
  constexpr std::uint64_t high_bits = 0x8080808080808080U;
  for (std::uint64_t eight = 0; text.size() - at >= sizeof eight; at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    if ((eight & high_bits) != 0) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

}  // namespace

std::optional<char32_t> next_code_point(std::string_view text, std::size_t& at) noexcept {
  const auto first = read_lead(static_cast<unsigned char>(text[at]));
  const std::size_t start = at++;
  if (!first || text.size() - at < first->following) return std::nullopt;
  char32_t value = first->bits;
  for (std::size_t i = 0; i < first->following; ++i) {
    const auto byte = static_cast<unsigned char>(text[start + 1 + i]);
    if ((byte & 0xC0U) != 0x80U) return std::nullopt;
    value = value << 6U | (byte & 0x3FU);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < first->smallest || surrogate || value > 0x10FFFF) return std::nullopt;
  at += first->following;
  return value;
}

std::optional<std::size_t> first_invalid_utf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    at = past_ascii(text, at);
    if (at == text.size()) break;
    const std::size_t start = at;
    if (!next_code_point(text, at)) return start;
  }
  return std::nullopt;
}

}  // namespace weir::domain
