#include "http/role.hpp"

namespace weir::http {

const char* to_string(role what) noexcept {
  switch (what) {
    case role::viewer: return "viewer";
    case role::operator_: return "operator";
    case role::admin: return "admin";
  }
  return "";
}

std::optional<role> parse_role(const std::string& text) {
  for (const role each : {role::viewer, role::operator_, role::admin}) {
    if (text == to_string(each)) return each;
  }
  return std::nullopt;
}

}  // namespace weir::http
