#include "domain/trace_url.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace weir::domain {
namespace {

error complaint(const std::string& what) {
  return {errc::invalid, "the url of traces " + what + ", as in http://127.0.0.1:4318/v1/traces"};
}

/// What stands after a host: "" or ":PORT".
bool is_port(std::string_view text) {
  if (text.empty()) return true;
  text.remove_prefix(1);
  if (text.empty() || text.size() > 5) return false;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  return value >= 1 && value <= 65535;
}

/// The host of what stands between scheme and path, and what follows it. Empty: there is none.
std::string_view host_of(std::string_view place, std::string_view& rest) {
  if (const auto user = place.rfind('@'); user != std::string_view::npos) place.remove_prefix(user + 1);
  std::size_t end = std::min(place.find(':'), place.size());
  if (!place.empty() && place.front() == '[') {
    const auto bracket = place.find(']');
    end = bracket == std::string_view::npos || bracket == 1 ? 0 : bracket + 1;
  }
  rest = place.substr(end);
  return place.substr(0, end);
}

}  // namespace

result<void> check_trace_url(std::string_view url) {
  const auto odd = std::find_if(url.begin(), url.end(), [](char c) { return c <= ' ' || c > '~'; });
  if (odd != url.end()) {
    return complaint("has a blank, a control character or one beyond ASCII at byte " +
                     std::to_string(odd - url.begin() + 1) + ": leave it out or write it as %XX");
  }
  const std::size_t begin = url.rfind("https://", 0) == 0 ? 8 : url.rfind("http://", 0) == 0 ? 7 : 0;
  if (begin == 0) return complaint("does not begin with http:// or https://: write the whole of it");
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  std::string_view port;
  if (host_of(url.substr(begin, end - begin), port).empty())
    return complaint("names no host after its scheme: write one");
  if (!port.empty() && port.front() != ':')
    return complaint("has something after its host that is no port: leave it out");
  if (!is_port(port)) return complaint("has a port that is none from 1 to 65535: correct it");
  if (url.substr(end).size() < 2 || url[end] != '/')
    return complaint("names no path after its host: add that of the collector, mostly /v1/traces");
  return {};
}

}  // namespace weir::domain
