#include "actions/http.hpp"

#include <algorithm>
#include <string_view>

#include <strings.h>

#include "actions/http_call.hpp"
#include "actions/task_json.hpp"

namespace weir::actions {

namespace {

bool names(const std::string& header, std::string_view name) {
  return header.size() > name.size() && header[name.size()] == ':' &&
         ::strncasecmp(header.c_str(), name.data(), name.size()) == 0;
}

std::vector<std::string> configured_headers(const action_config& config) {
  constexpr std::string_view prefix = "headers.";
  std::vector<std::string> headers;
  for (const auto& [key, value] : config.settings) {
    if (key.rfind(prefix, 0) == 0) headers.push_back(key.substr(prefix.size()) + ": " + value);
  }
  const bool typed = std::any_of(headers.begin(), headers.end(),
                                 [](const std::string& each) { return names(each, "content-type"); });
  if (!typed) headers.emplace_back("Content-Type: application/json");
  return headers;
}

/// Ids start anew in another cluster, so the instant of the insert goes with the id.
std::string idempotency_key(const task& what) {
  return "weir-" + std::to_string(what.id) + "-" + std::to_string(what.created_at.time_since_epoch().count());
}

}  // namespace

action make_http_action(const action_config& config) {
  return [url = config.settings.at("url"), configured = configured_headers(config)](const task& what,
                                                                                    context& ctx) {
    http_request request{url, configured, task_json(what)};
    request.headers.push_back("Weir-Task-Id: " + std::to_string(what.id));
    request.headers.push_back("Weir-Attempt: " + std::to_string(ctx.attempt()));
    request.headers.push_back("Weir-Fencing-Token: " + std::to_string(ctx.fencing_token()));
    request.headers.push_back("Idempotency-Key: " + idempotency_key(what));
    if (!what.traceparent.empty()) request.headers.push_back("traceparent: " + what.traceparent);
    auto answer = post(request, ctx);
    // Only with these does a service ask for a pause of the caller; with others the policy decides.
    if (answer && answer->status != 429 && answer->status != 503) answer->retry_after.reset();
    return answer ? judge(*answer) : outcome::retry(answer.error().message);
  };
}

}  // namespace weir::actions
