// Asking an HTTP server for something, once: weir's own, mostly.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <weir/result.hpp>

namespace weir::actions {

struct http_page {
  long status = 0;
  std::string body;
  std::optional<std::chrono::seconds> retry_after{};  ///< header Retry-After, in either form; above 0
};

struct page_request {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers{};  ///< "Name: value"
  std::string body{};                  ///< sent with anything but GET
  std::chrono::milliseconds patience{2000};
  std::size_t most = std::size_t{64} << 10U;  ///< bytes of the answer that are kept
  std::function<bool()> stop{};               ///< asked about once a second: true ends it; must not throw
};

/// Redirects are not followed, and no proxy is asked. Blocks, at most for the request's patience. The calling thread
/// keeps its connections for its next request.
/// @errors unavailable (no answer: says why), timeout (stopped)
result<http_page> ask(const page_request& what);

/// GET, and at most 64 KiB of the answer. @errors as ask
result<http_page> get(const std::string& url, std::chrono::milliseconds patience);

}  // namespace weir::actions
