#include "domain/message_token.hpp"

#include <chrono>
#include <cstdio>

namespace weir::domain {

std::string make_message_token(wall_time sent, std::uint64_t random_high, std::uint64_t random_low) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(sent.time_since_epoch()).count();
  const auto ms = static_cast<std::uint64_t>(since) & 0xFFFF'FFFF'FFFFU;
  const std::uint64_t variant = 0x8000U | (random_high >> 48U & 0x3FFFU);
  char text[37];
  std::snprintf(text, sizeof text, "%08llx-%04llx-7%03llx-%04llx-%012llx",
                static_cast<unsigned long long>(ms >> 16U), static_cast<unsigned long long>(ms & 0xFFFFU),
                static_cast<unsigned long long>(random_high & 0xFFFU),
                static_cast<unsigned long long>(variant),
                static_cast<unsigned long long>(random_low & 0xFFFF'FFFF'FFFFU));
  return text;
}

bool is_message_token(std::string_view text) {
  if (text.size() != 36 || text[14] != '7') return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
    const char c = text[at];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

}  // namespace weir::domain
