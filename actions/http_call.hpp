// One HTTP request to the outside, by libcurl.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <weir/context.hpp>
#include <weir/outcome.hpp>
#include <weir/result.hpp>

namespace weir::actions {

struct http_request {
  std::string url;                   ///< http or https
  std::vector<std::string> headers;  ///< "Name: value"
  std::string body;                  ///< posted
};

struct http_answer {
  long status = 0;
  std::string last_line;   ///< of the body's last 64 KiB: the last line that is not blank
  std::string message_id;  ///< header X-Message-Id
  std::optional<std::chrono::milliseconds>
      retry_after;  ///< header Retry-After, in either form; at most a day

  bool good() const { return status >= 200 && status < 300; }
};

/// Posts and waits. The calling thread keeps its connections for its next request. Certificates are verified
/// against the system's authorities, or those in the file that SSL_CERT_FILE names; the proxy variables of
/// curl's manual count; redirects are not followed.
///
/// Ends early, within about a second, once the run is asked to end; given up after 10 s without a connection
/// and after five minutes in any case.
/// @errors  unavailable: no answer, and nobody knows whether the request arrived unless the text says that no
///          connection was made; timeout: asked to end.
result<http_answer> post(const http_request& request, const context& ctx);

/// What an answer says of the task: 2xx success; 429 and 5xx retry, after Retry-After where it is given; all
/// else failure. The message is the status and the body's last line ("HTTP 404: no such customer"), of a
/// success the last line alone.
outcome judge(const http_answer& answer);

}  // namespace weir::actions
