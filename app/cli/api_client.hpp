// Asking a node's HTTP API: the token, the address, and problems as errors.
#pragma once

#include <string>

#include "app/cli/invocation.hpp"

namespace weir::app {

/// The token to present: of --token-file, else of $WEIR_TOKEN; "" = none.
/// @errors invalid: the file cannot be read
result<std::string> api_token(invocation& call);

/// Asks for BASE/api/v1PATH.
/// @param base  "http://127.0.0.1:7711"; slashes at its end do not count
/// @return the body of a 2xx answer. @errors those that the problem's code stands for; unavailable: no answer, or what
///         answers is not weir
result<std::string> ask_node(invocation& call, const std::string& base, const std::string& method,
                             const std::string& path, const std::string& body = {});

/// One segment of a path, percent-encoded.
std::string url_part(std::string_view text);

}  // namespace weir::app
