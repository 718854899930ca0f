#include "http/message.hpp"

namespace weir::http {

const std::string& request::header(const std::string& name) const {
  static const std::string none;
  const auto found = headers.find(name);
  return found == headers.end() ? none : found->second;
}

std::optional<std::string> request::parameter(const std::string& name) const {
  for (auto each = query.rbegin(); each != query.rend(); ++each) {
    if (each->first == name) return each->second;
  }
  return std::nullopt;
}

}  // namespace weir::http
