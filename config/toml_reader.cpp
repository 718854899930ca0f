// Walks toml++'s tables along the table of keys.
#include "config/toml_reader.hpp"

#include <toml++/toml.h>

#include "domain/parser_complaint.hpp"
#include "domain/task_bounds.hpp"

namespace weir::config {

namespace {

using nlohmann::json;

json to_json(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string: return node.as_string()->get();
    case toml::node_type::integer: return node.as_integer()->get();
    case toml::node_type::floating_point: return node.as_floating_point()->get();
    case toml::node_type::boolean: return node.as_boolean()->get();
    case toml::node_type::array: {
      json list = json::array();
      for (const auto& element : *node.as_array()) list.push_back(to_json(element));
      return list;
    }
    case toml::node_type::table: {
      json object = json::object();
      for (auto&& [name, value] : *node.as_table()) object[std::string{name.str()}] = to_json(value);
      return object;
    }
    default: return nullptr;
  }
}

class walker {
 public:
  walker(const std::string& name, book& into) : name_(name), into_(into) {}

  void walk(const toml::table& table, const key_path& above) {
    for (auto&& [key, node] : table) {
      key_path path = above;
      path.emplace_back(key.str());
      take(path, above, key, node);
    }
  }

 private:
  place at(const toml::source_region& region) const {
    return {place::layer::file, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column),
            name_};
  }

  void take(const key_path& path, const key_path& above, const toml::key& key, const toml::node& node) {
    setting value{nullptr, nullptr, at(key.source()), at(node.source()), false};
    // Twins first: a header called X_file would also match the row of headers.
    if (const auto* twin = find_twin(path)) {
      value.rule = twin;
      value.twin = true;
      key_path target = path;
      target.back().erase(target.back().size() - std::string_view{"_file"}.size());
      value.value = to_json(node);
      into_.add(target, std::move(value));
    } else if (const auto* rule = find_key(path)) {
      value.rule = rule;
      value.value = to_json(node);
      into_.add(path, std::move(value));
    } else if (!is_section(path)) {
      const std::string name{key.str()};
      into_.blame(value.at_key,
                  above.empty() && !node.is_table() ? outside_text(name) : unknown_text(above, name));
    } else if (const auto* table = node.as_table()) {
      into_.add_table(path, value.at_key);
      walk(*table, path);
    } else {
      into_.blame(value.at_value, "'" + joined(path) + "' must be a table: " + shape_of(path));
    }
  }

  // How to write what was written as a plain value.
  static std::string shape_of(const key_path& path) {
    if (path.back() == "retry") return R"(write retry = { every = "1m" })";
    if (path.size() == 1 && takes_names(path)) return "write [" + path[0] + ".NAME]";
    if (path.size() == 2 && takes_names({path[0]})) {
      return "'" + path[0] + "' holds one section for each name, so write [" + path[0] +
             ".NAME] above the key";
    }
    return path.size() == 1 ? "write [" + path[0] + "]" : path.back() + " = { ... }";
  }

  const std::string& name_;
  book& into_;
};

// The commonest mistake gives toml++'s least helpful text: ttl = 6s.
std::string hint(std::string_view description) {
  const bool bare = description.find("decimal integer") != std::string_view::npos ||
                    description.find("value") != std::string_view::npos;
  return bare ? R"( (texts and durations stand in double quotes: ttl = "6s"))" : "";
}

}  // namespace

bool read_toml(std::string_view text, const std::string& name, book& into) {
  try {
    const toml::table table = toml::parse(text, std::string_view{name});
    walker{name, into}.walk(table, {});
    return true;
  } catch (const toml::parse_error& failure) {
    const auto begin = failure.source().begin;
    into.blame(
        {place::layer::file, static_cast<int>(begin.line), static_cast<int>(begin.column), name},
        "not valid TOML: " + domain::parser_complaint(failure.description()) + hint(failure.description()));
    return false;
  }
}

std::optional<json> parse_toml_value(std::string_view text) {
  try {
    const toml::table table = toml::parse("value = " + std::string{text});
    const auto* value = table.get("value");
    if (value == nullptr || table.size() != 1) return std::nullopt;
    return to_json(*value);
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
}

}  // namespace weir::config
