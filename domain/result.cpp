// The names of error codes, as logs and JSON spell them.
#include <weir/result.hpp>

#include <weir/action_failed.hpp>
#include <weir/forbidden.hpp>

namespace weir {

const char* to_string(errc code) noexcept {
  switch (code) {
    case errc::unavailable: return "unavailable";
    case errc::in_doubt: return "in_doubt";
    case errc::refused: return "refused";
    case errc::not_found: return "not_found";
    case errc::invalid: return "invalid";
    case errc::conflict: return "conflict";
    case errc::schema_missing: return "schema_missing";
    case errc::schema_mismatch: return "schema_mismatch";
    case errc::read_only: return "read_only";
    case errc::overloaded: return "overloaded";
    case errc::timeout: return "timeout";
    case errc::internal: return "internal";
  }
  if (code == forbidden) return "forbidden";
  return code == action_failed ? "action_failed" : "unknown";
}

}  // namespace weir
