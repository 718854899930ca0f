#include "app/api/openapi.hpp"

#include <algorithm>
#include <cctype>

namespace weir::app {

namespace {

/// Names in braces, in order.
std::vector<std::string> braces_of(const std::string& pattern) {
  std::vector<std::string> out;
  for (auto from = pattern.find('{'); from != std::string::npos; from = pattern.find('{', from + 1))
    out.push_back(pattern.substr(from + 1, pattern.find('}', from) - from - 1));
  return out;
}

/// "post_streams_stream_pin": stable, unique.
std::string operation_of(const http::route& one) {
  std::string out = one.method;
  for (const char c : one.pattern) out.push_back(std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_');
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  out.erase(std::unique(out.begin(), out.end(), [](char a, char b) { return a == '_' && b == '_'; }),
            out.end());
  while (out.back() == '_') out.pop_back();
  return out;
}

ordered_json content(const std::string& type, ordered_json schema) {
  return {{type, {{"schema", std::move(schema)}}}};
}

ordered_json parameters_of(const http::route& one) {
  ordered_json out = ordered_json::array();
  for (const auto& name : braces_of(one.pattern))
    out.push_back({{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
  for (const auto& each : one.query) {
    out.push_back({{"name", each.name},
                   {"in", "query"},
                   {"required", false},
                   {"description", each.what},
                   {"schema", {{"type", "string"}}}});
  }
  return out;
}

ordered_json operation(const http::route& one) {
  ordered_json out{{"operationId", operation_of(one)}, {"summary", one.summary}};
  if (one.needs) {
    out["x-role"] = http::to_string(*one.needs);
    out["security"] = ordered_json::array({{{"token", ordered_json::array()}}, ordered_json::object()});
  } else {
    out["security"] = ordered_json::array();
  }
  if (auto parameters = parameters_of(one); !parameters.empty()) out["parameters"] = std::move(parameters);
  if (!one.body.empty()) {
    ordered_json members = ordered_json::object();
    for (const auto& each : one.body) {
      ordered_json member{{"description", each.what}};
      if (!each.type.empty()) member["type"] = each.type;
      members[each.name] = std::move(member);
    }
    out["requestBody"] = {{"content", content(one.body_type, {{"type", "object"},
                                                              {"properties", std::move(members)},
                                                              {"additionalProperties", false}})}};
  }
  const std::string answered = std::to_string(one.answers);
  out["responses"][answered] = {{"description", "done"},
                                {"content", content(one.reply_type, ordered_json::object())}};
  out["responses"]["default"] = {
      {"description", "a problem"},
      {"content", content("application/problem+json", {{"$ref", "#/components/schemas/problem"}})}};
  return out;
}

}  // namespace

ordered_json openapi(const http::router& routes) {
  ordered_json paths = ordered_json::object();
  for (const auto& one : routes.routes()) {
    std::string method = one.method;
    std::transform(method.begin(), method.end(), method.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    paths[one.pattern][method] = operation(one);
  }
  const ordered_json problem{
      {"type", "object"},
      {"required", {"type", "title", "status", "code", "detail"}},
      {"properties",
       {{"type", {{"type", "string"}}},
        {"title", {{"type", "string"}}},
        {"status", {{"type", "integer"}}},
        {"code", {{"type", "string"}, {"description", "stable: what programs may rely on"}}},
        {"detail", {{"type", "string"}}}}}};
  return {{"openapi", "3.0.3"},
          {"info", {{"title", "weir"}, {"version", WEIR_VERSION}}},
          {"paths", std::move(paths)},
          {"components",
           {{"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}},
            {"schemas", {{"problem", problem}}}}}};
}

}  // namespace weir::app
