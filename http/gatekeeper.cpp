#include "http/gatekeeper.hpp"

#include <arpa/inet.h>

#include "domain/task_bounds.hpp"
#include "http/problem.hpp"

namespace weir::http {

namespace {

// "localhost:7711", "127.0.0.1", "[::1]:7711" without the port.
std::string host_of(const std::string& header) {
  if (!header.empty() && header.front() == '[') return header.substr(0, header.find(']') + 1);
  return header.substr(0, header.find(':'));
}

// Four numbers: "127.evil.example" is a name that somebody else decides about.
bool is_loopback_number(const std::string& host) {
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 && ntohl(address.s_addr) >> 24U == 127;
}

bool names_this_machine(const std::string& host) {
  return host == "localhost" || host == "[::1]" || is_loopback_number(host);
}

bool from_elsewhere(const request& asked) {
  const std::string& site = asked.header("sec-fetch-site");
  if (site == "cross-site" || site == "same-site") return true;
  const std::string& origin = asked.header("origin");
  if (origin.empty()) return false;
  const auto scheme = origin.find("://");
  return scheme == std::string::npos || origin.substr(scheme + 3) != asked.header("host");
}

reply challenge(const std::string& detail) {
  reply out = problem(401, "unauthorized", detail);
  out.headers.emplace_back("WWW-Authenticate", "Bearer");
  return out;
}

}  // namespace

std::optional<reply> refuse(request& asked, const std::vector<token_entry>* tokens,
                            std::optional<role> needs) {
  if (!needs) return std::nullopt;
  if (asked.method != "GET" && from_elsewhere(asked))
    return problem(403, "cross_origin", "a page of another origin must not ask for this");
  if (tokens == nullptr) {
    const std::string& host = asked.header("host");
    if (names_this_machine(host_of(host))) {
      asked.may = role::admin;
      return std::nullopt;
    }
    return problem(403, "host_refused",
                   "without http.tokens_file only names of this machine are served, not " +
                       domain::in_quotes(host) + ": ask for localhost or 127.0.0.1");
  }
  const std::string& given = asked.header("authorization");
  constexpr std::string_view scheme = "Bearer ";
  if (given.size() <= scheme.size() || given.compare(0, scheme.size(), scheme) != 0)
    return challenge("a token is needed: Authorization: Bearer TOKEN (`weir token create` makes one)");
  const token_entry* known = find_token(*tokens, std::string_view{given}.substr(scheme.size()));
  if (known == nullptr) return challenge("this token is not known, or has been revoked");
  if (known->may < *needs) {
    return problem(403, "forbidden",
                   "token " + domain::in_quotes(known->name) + " has the role " + to_string(known->may) +
                       "; this needs " + to_string(*needs));
  }
  asked.caller = known->name;
  asked.may = known->may;
  return std::nullopt;
}

}  // namespace weir::http
