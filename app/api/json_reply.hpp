// Replies with JSON in them.
#pragma once

#include <string>
#include <utility>

#include "app/cli/json_text.hpp"
#include "http/message.hpp"

namespace weir::app {

inline http::reply json_reply(unsigned status, std::string compact_json) {
  http::reply out;
  out.status = status;
  out.body = std::move(compact_json);
  out.body += '\n';  // a text file ends with one, and so does what curl prints
  return out;
}
inline http::reply json_reply(unsigned status, const ordered_json& value) {
  return json_reply(status, compact(value));
}

}  // namespace weir::app
