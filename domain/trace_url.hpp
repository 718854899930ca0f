// The address that spans are posted to.
#pragma once

#include <string_view>

#include <weir/result.hpp>

namespace weir::domain {

/// Checks the whole url of a collector's traces, "http://127.0.0.1:4318/v1/traces": http or https, a host, a port from
/// 1 to 65535 if there is one, a path. The message shows nothing of the url, which may hold a password.
/// @errors invalid: what is wrong, where, and the fix
result<void> check_trace_url(std::string_view url);

}  // namespace weir::domain
