#include "http/problem.hpp"

#include <nlohmann/json.hpp>

namespace weir::http {

namespace {

const char* title_of(unsigned status) {
  switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    default: return "Internal Server Error";
  }
}

unsigned status_of(errc code) {
  switch (code) {
    case errc::invalid: return 422;
    case errc::not_found: return 404;
    case errc::refused:
    case errc::conflict: return 409;
    case errc::overloaded: return 429;
    case errc::unavailable:
    case errc::in_doubt:
    case errc::read_only:
    case errc::timeout:
    case errc::schema_missing:
    case errc::schema_mismatch: return 503;
    case errc::internal: break;
  }
  return 500;
}

}  // namespace

reply problem(unsigned status, const std::string& code, const std::string& detail) {
  const nlohmann::ordered_json body{{"type", "about:blank"},
                                    {"title", title_of(status)},
                                    {"status", status},
                                    {"code", code},
                                    {"detail", detail}};
  reply out;
  out.status = status;
  out.type = "application/problem+json";
  out.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (status == 429 || status == 503) out.headers.emplace_back("Retry-After", "1");
  return out;
}

reply problem(const error& why) { return problem(status_of(why.code), to_string(why.code), why.message); }

}  // namespace weir::http
