// Which handler answers what: a table of routes, from which the API's description is made as well.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "http/message.hpp"
#include "http/role.hpp"

namespace weir::http {

/// What stands in a pattern's braces, by name.
using path_values = std::map<std::string, std::string>;

/// A member of a body or a parameter of a query, for the API's description.
struct named_value {
  std::string name;
  std::string what;
  std::string type = "string";  ///< of JSON schema, "" = any
  bool required = false;
};

struct route {
  std::string method;
  /// Below the base path: "/api/v1/streams/{stream}:pin". A brace takes a whole segment, or what stands before ":verb".
  std::string pattern;
  /// Who may; nobody: no token is asked, as for health.
  std::optional<role> needs;
  std::string summary;  ///< one line
  std::function<void(const request&, const path_values&, respond)> handle;
  // -- for the API's description only
  std::vector<named_value> query{};
  std::vector<named_value> body{};
  std::vector<named_value> headers{};
  unsigned answers = 200;
  std::map<unsigned, std::string>
      also{};                  ///< other statuses with the same shape of answer, and what they mean
  std::string reply_schema{};  ///< its name; "" = the reply has none
  std::string body_type = "application/json";
  std::string reply_type = "application/json";
};

class router {
 public:
  void add(route what);
  const std::vector<route>& routes() const { return routes_; }

  struct match {
    const route* found = nullptr;  ///< null: 404, or 405 if `allowed` has something
    path_values values;
    std::vector<std::string> allowed;  ///< methods that the path has
  };
  match find(const std::string& method, const std::vector<std::string>& path) const;

 private:
  struct piece {
    std::string text;  ///< literal, or the brace's name
    bool brace = false;
    std::string verb;  ///< with the colon, "" = none
  };
  static std::vector<piece> pieces_of(const std::string& pattern);
  static bool fits(const std::vector<piece>& pattern, const std::vector<std::string>& path,
                   path_values& values);

  std::vector<route> routes_;
  std::vector<std::vector<piece>> pieces_;  ///< of each route
};

}  // namespace weir::http
