// Asking an HTTP server for something small, once: weir's own, mostly.
#pragma once

#include <chrono>
#include <string>

#include <weir/result.hpp>

namespace weir::actions {

struct http_page {
  long status = 0;
  std::string body;  ///< at most 64 KiB of it
};

/// GET; redirects are not followed, and no proxy is asked. Blocks, at most for `patience`.
/// @errors unavailable (no answer: says why)
result<http_page> get(const std::string& url, std::chrono::milliseconds patience);

}  // namespace weir::actions
