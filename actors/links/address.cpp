#include "actors/links/address.hpp"

#include <charconv>

#include "domain/task_bounds.hpp"

namespace weir::actors::links {

result<host_port> split_address(std::string_view text) {
  const error bad{errc::invalid, domain::in_quotes(text) + " is no address such as \"127.0.0.1:7700\""};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad;
  }
  constexpr std::string_view never{"\0[]/ ", 5};
  if (host.empty() || host.find_first_of(never) != std::string_view::npos) return bad;
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size()) return bad;
  return host_port{std::string{host}, port};
}

std::string join_address(const std::string& host, std::uint16_t port) {
  const bool bracketed = host.find(':') != std::string::npos;
  return (bracketed ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace weir::actors::links
