// "host:port" taken apart, and what a look-up makes of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <weir/result.hpp>

namespace weir::actors::links {

struct host_port {
  std::string host;  ///< without the brackets of IPv6
  std::uint16_t port = 0;
};

/// "host:port" or "[ipv6]:port".
/// @errors invalid
result<host_port> split_address(std::string_view text);
/// The reverse, with brackets where they are needed.
std::string join_address(const std::string& host, std::uint16_t port);

}  // namespace weir::actors::links
