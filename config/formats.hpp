// Texts with a form of their own: sizes, addresses. Pure; nothing is looked up.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace weir::config {

/// "512B", "64KiB", "1MiB", "1GiB"; nullopt: no unit, a fraction, or more than 2^53 bytes.
std::optional<std::size_t> parse_size(std::string_view text);
/// The largest unit that divides `bytes`: "1MiB".
std::string format_size(std::size_t bytes);

struct address {
  std::string host;  ///< without the brackets of IPv6
  int port = 0;
  bool loopback = false;  ///< 127.0.0.0/8, ::1 or localhost; any other name counts as reachable from outside
};
/// "host:port" or "[ipv6]:port".
std::optional<address> parse_address(std::string_view text);

/// 8-4-4-4-12 hexadecimal digits.
bool is_uuid(std::string_view text);
/// http:// or https:// with a host.
bool is_web_address(std::string_view text);
/// postgres:// or postgresql:// or libpq's `keyword=value` words; "" too.
bool is_database_address(std::string_view text);

}  // namespace weir::config
