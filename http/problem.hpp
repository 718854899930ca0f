// Errors as problem+json (RFC 9457), each with a code that programs can rely on.
#pragma once

#include <string>

#include <weir/result.hpp>

#include "http/message.hpp"

namespace weir::http {

/// {"type","title","status","code","detail"}. @param code  stable, snake_case
reply problem(unsigned status, const std::string& code, const std::string& detail);

/// The reply for an operating error: 422 invalid, 404 not_found, 409 refused and conflict, 429 overloaded, 503 where
/// the database cannot be asked now, 500 internal. Its code is the name of the errc; 429 and 503 say Retry-After: 1.
reply problem(const error& why);

}  // namespace weir::http
