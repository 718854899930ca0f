// `weir config show`: the list of values as TOML or JSON.
#include <algorithm>

#include "config/load.hpp"
#include "config/shown_values.hpp"

namespace weir::config {

namespace {

using nlohmann::json;

// Segments that name the table a key stands in: [node], [stream.NAME], [action.NAME].
std::size_t table_depth(const key_path& path) { return takes_names({path[0]}) ? 2 : 1; }

std::string quoted_toml(const std::string& text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string written = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      written += '\\';
      written += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      written += {'\\', 'u', '0', '0', digits[byte >> 4U], digits[byte & 15U]};
    } else {
      written += c;
    }
  }
  return written + '"';
}

std::string toml_value(const json& value) {
  if (value.is_string()) return quoted_toml(value.get_ref<const std::string&>());
  if (!value.is_array()) return value.dump();
  std::string list;
  for (const auto& each : value) list += (list.empty() ? "" : ", ") + toml_value(each);
  return "[" + list + "]";
}

}  // namespace

std::string show(const node_config& config, bool with_origin) {
  std::string text;
  key_path table;
  for (const auto& [path, value, origin] : shown_values(config)) {
    const auto depth = static_cast<key_path::difference_type>(table_depth(path));
    const key_path here{path.begin(), path.begin() + depth};
    if (here != table) {
      text += (text.empty() ? "[" : "\n[") + joined(here) + "]\n";
      table = here;
    }
    text += joined({path.begin() + depth, path.end()}) + " = " + toml_value(value);
    if (with_origin) text += "  # " + origin;
    text += '\n';
  }
  return text;
}

std::string show_json(const node_config& config, bool with_origin) {
  json tree = json::object();
  for (const auto& [path, value, origin] : shown_values(config)) {
    json* at = &tree;
    for (const auto& segment : path) at = &(*at)[segment];
    *at = with_origin ? json{{"value", value}, {"origin", origin}} : value;
  }
  return tree.dump(2, ' ', false, json::error_handler_t::replace);
}

}  // namespace weir::config
