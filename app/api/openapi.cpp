#include "app/api/openapi.hpp"

#include <algorithm>
#include <cctype>

#include "app/api/schemas.hpp"

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

ordered_json member_of(const http::named_value& each) {
  ordered_json out{{"description", each.what}};
  if (!each.type.empty()) out["type"] = each.type;
  return out;
}

ordered_json parameter(const http::named_value& each, const char* in) {
  ordered_json out{{"name", each.name}, {"in", in}, {"required", each.required}, {"description", each.what}};
  out["schema"]["type"] = each.type;
  return out;
}

ordered_json parameters_of(const http::route& one) {
  ordered_json out = ordered_json::array();
  for (const auto& name : braces_of(one.pattern))
    out.push_back(parameter({name, "which " + name, "string", true}, "path"));
  for (const auto& each : one.query) out.push_back(parameter(each, "query"));
  for (const auto& each : one.headers) out.push_back(parameter(each, "header"));
  return out;
}

ordered_json body_of(const http::route& one) {
  ordered_json schema{{"type", "object"}};
  ordered_json required = ordered_json::array();
  for (const auto& each : one.body) {
    schema["properties"][each.name] = member_of(each);
    if (each.required) required.push_back(each.name);
  }
  schema["additionalProperties"] = false;
  const bool needed = !required.empty();
  if (needed) schema["required"] = std::move(required);
  return {{"required", needed}, {"content", content(one.body_type, std::move(schema))}};
}

ordered_json replies_of(const http::route& one) {
  ordered_json schema{{"type", one.reply_type == "application/json" ? "object" : "string"}};
  if (!one.reply_schema.empty()) schema = schema_ref(one.reply_schema);
  ordered_json out;
  out[std::to_string(one.answers)] = {{"description", "done"}, {"content", content(one.reply_type, schema)}};
  for (const auto& [status, meaning] : one.also)
    out[std::to_string(status)] = {{"description", meaning}, {"content", content(one.reply_type, schema)}};
  out["default"] = {{"description", "a problem"},
                    {"content", content("application/problem+json", schema_ref("problem"))}};
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
  if (!one.body.empty()) out["requestBody"] = body_of(one);
  out["responses"] = replies_of(one);
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
  return {{"openapi", "3.1.0"},
          {"info", {{"title", "weir"}, {"version", WEIR_VERSION}}},
          {"paths", std::move(paths)},
          {"components",
           {{"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}},
            {"schemas", reply_schemas()}}}};
}

}  // namespace weir::app
