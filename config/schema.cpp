// From rows of the table to nested objects.
#include "config/schema.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "config/key_table.hpp"
#include "config/value_check.hpp"

namespace weir::config {

namespace {

using json = nlohmann::ordered_json;

constexpr const char* duration_form = "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$";
constexpr std::size_t longest_name = 64;

json text_of_form(const char* form) { return {{"type", "string"}, {"minLength", 1}, {"pattern", form}}; }

json type_of(const key& rule) {
  switch (rule.type) {
    case kind::name: return {{"type", "string"}, {"minLength", 1}, {"maxLength", longest_name}};
    case kind::duration: return text_of_form(duration_form);
    case kind::durations: return {{"type", "array"}, {"minItems", 1}, {"items", text_of_form(duration_form)}};
    case kind::size: return text_of_form("^[0-9]+(B|KiB|MiB|GiB)$");
    case kind::rate: return text_of_form("^[0-9]+/(s|m|h)$");
    case kind::web: return text_of_form("^https?://");
    case kind::uuid: return text_of_form("^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$");
    case kind::integer: {
      json out{{"type", "integer"}};
      if (rule.most != 0) out["minimum"] = rule.least;
      if (rule.most != 0) out["maximum"] = rule.most;
      return out;
    }
    case kind::boolean: return {{"type", "boolean"}};
    case kind::choice: return {{"enum", split_choices(rule.choices)}};
    case kind::words: return {{"type", "array"}, {"minItems", 1}, {"items", {{"type", "string"}}}};
    case kind::data: return {{"type", json::array({"object", "string"})}};
    case kind::text:
    case kind::database:
    case kind::secret:
    case kind::header:
    case kind::mail:
    case kind::path:
    case kind::listen:
    case kind::link:
    case kind::cron:
    case kind::zone:
    case kind::key: return {{"type", "string"}};
  }
  return json::object();
}

/// The default as a value; null where it is described only.
json preset_of(const key& rule) {
  if (rule.preset.empty() || rule.preset.front() == '(') return nullptr;
  if (rule.type == kind::integer || rule.type == kind::boolean || rule.type == kind::data)
    return json::parse(rule.preset);
  return std::string{rule.preset};
}

/// Sentences of the table are Markdown; an editor shows them as they are.
json described(json schema, std::string_view sentence) {
  schema["description"] = std::string{sentence};
  return schema;
}

json leaf(const key& rule) {
  json out = described(type_of(rule), rule.sentence);
  if (auto preset = preset_of(rule); !preset.is_null()) out["default"] = std::move(preset);
  return out;
}

json& object_at(json& schema, const std::string& name) {
  json& at = name == "*" ? schema["additionalProperties"] : schema["properties"][name];
  if (!at.is_object()) at = json::object();
  if (!at.contains("type")) {
    at["type"] = "object";
    at["additionalProperties"] = false;
  }
  return at;
}

void add(json& root, const key& rule) {
  json* at = &root;
  std::string_view path = rule.path;
  for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    at = &object_at(*at, std::string{path.substr(0, dot)});
    path.remove_prefix(dot + 1);
  }
  if (path == "*") {
    (*at)["additionalProperties"] = leaf(rule);
    return;
  }
  const std::string name{path};
  (*at)["properties"][name] = leaf(rule);
  if (rule.preset == "(needed)") (*at)["required"].push_back(name);
  if (is_secret(rule)) {
    (*at)["properties"][name + "_file"] = described({{"type", "string"}}, "File that holds `" + name + "`.");
  }
}

/// An action of one type takes no keys of the others.
json other_types(const std::string& type) {
  json forbidden = json::object();
  constexpr std::string_view section = "action.*.";
  for (const auto& rule : all_keys()) {
    if (rule.only.empty() || rule.path.substr(0, section.size()) != section) continue;
    const auto types = split_choices(rule.only);
    if (std::find(types.begin(), types.end(), type) != types.end()) continue;
    const std::string_view name = rule.path.substr(section.size());
    forbidden[std::string{name.substr(0, name.find('.'))}] = false;
  }
  return {{"if", {{"properties", {{"type", {{"const", type}}}}}}},
          {"then", {{"properties", std::move(forbidden)}}}};
}

}  // namespace

std::string json_schema() {
  json root{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
            {"title", "weir.toml"},
            {"type", "object"},
            {"additionalProperties", false}};
  for (const auto& rule : all_keys()) add(root, rule);
  for (const auto& part : all_sections()) {
    const std::string name{part.path.substr(0, part.path.find('.'))};
    const bool named = part.path.find('*') != std::string_view::npos;
    json& at = root["properties"][name];
    (named ? at["additionalProperties"] : at)["description"] = std::string{part.sentence};
  }
  json& action = root["properties"]["action"]["additionalProperties"];
  for (const auto& type : split_choices(find_key({"action", "x", "type"})->choices))
    action["allOf"].push_back(other_types(type));
  return root.dump(2) + "\n";
}

}  // namespace weir::config
