// A request and its reply, as handlers see them: plain values, no socket.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/role.hpp"

namespace weir::http {

class event_hub;

/// Names lower-case. A header that is given twice is one, with ", " between, as RFC 9110 section 5.3 says.
using header_map = std::map<std::string, std::string>;

struct request {
  std::string method;                                      ///< "GET", upper-case; HEAD arrives as GET
  std::vector<std::string> path;                           ///< segments below the base path, percent-decoded
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded, in order
  header_map headers;
  std::string body;
  std::string caller;       ///< whose token it was, "" = none was asked; set by the gatekeeper
  role may = role::viewer;  ///< what the caller may; set by the gatekeeper

  /// A header, or "" if it is not there. `name` is lower-case.
  const std::string& header(const std::string& name) const;
  /// The last value of a query parameter.
  std::optional<std::string> parameter(const std::string& name) const;
};

struct reply {
  unsigned status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers{};
  /// Set: no body; the events of this hub go out until the client leaves. It outlives the server.
  event_hub* events = nullptr;
  /// Asked on the server's thread before each of those events; false: the connection ends. Empty: nobody is asked.
  std::function<bool()> may_watch{};
};

/// Answers one request, once, from any thread.
using respond = std::function<void(reply)>;

}  // namespace weir::http
