// The environment and the flags into the book.
#include "config/process_layers.hpp"

#include <algorithm>
#include <charconv>

#include "config/suggest.hpp"
#include "config/toml_reader.hpp"
#include "domain/task_bounds.hpp"
#include "domain/utf8.hpp"

namespace weir::config {

namespace {

constexpr std::string_view prefix = "WEIR_";
constexpr std::string_view twin_ending = "_file";

std::string cased(std::string text, bool up) {
  const char first = up ? 'a' : 'A';
  const int shift = up ? 'A' - 'a' : 'a' - 'A';
  for (char& c : text) {
    if (c >= first && c <= first + 25) c = static_cast<char>(c + shift);
  }
  return text;
}

std::vector<std::string> split(std::string_view text, std::string_view mark) {
  std::vector<std::string> parts;
  for (std::size_t start = 0;;) {
    const std::size_t end = text.find(mark, start);
    parts.emplace_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + mark.size();
  }
}

// Text becomes what TOML would have made of it; what can't be stays text and is refused by its type.
nlohmann::json typed(const key& rule, const std::string& text) {
  switch (rule.type) {
    case kind::integer: {
      std::int64_t number = 0;
      const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (failure == std::errc{} && end == text.data() + text.size()) return number;
      return text;
    }
    case kind::boolean:
      if (text == "true" || text == "false") return text == "true";
      return text;
    case kind::words:
    case kind::durations: {
      if (text.empty() || text.front() != '[') return nlohmann::json::array({text});
      const auto value = parse_toml_value(text);
      return value ? *value : nlohmann::json(text);
    }
    default: return text;
  }
}

// Names of keys are shown in mistakes as they are.
bool is_text(const std::string& name) {
  const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  return !domain::first_invalid_utf8(name) && std::none_of(name.begin(), name.end(), control);
}

// A value whose key `path` names, or its twin; false when there is no such key.
bool put(const key_path& path, const std::string& text, const place& at, book& into) {
  // A file is refused for it by its reader.
  if (const auto bad = domain::first_invalid_utf8(text)) {
    into.blame(at, "is not valid UTF-8 at byte " + std::to_string(*bad + 1) + ": write it as UTF-8");
    return true;
  }
  setting value{nullptr, nullptr, at, at, false};
  key_path target = path;
  if (const auto* twin = find_twin(path)) {
    value.rule = twin;
    value.twin = true;
    value.value = text;
    target.back().erase(target.back().size() - twin_ending.size());
  } else if (const auto* rule = find_key(path)) {
    value.rule = rule;
    value.value = typed(*rule, text);
  } else {
    return false;
  }
  into.add(target, std::move(value));
  // A stream that only the environment mentions is declared all the same.
  for (key_path above = target; above.size() > 1;) {
    above.pop_back();
    into.add_table(above, at);
  }
  return true;
}

// The user's own spelling of a name below `above`, if the book knows it.
std::string known_spelling(const book& into, const key_path& above, const std::string& name) {
  for (const auto& known : into.names_below(above)) {
    if (cased(known, false) == name) return known;
  }
  return name;
}

// The key that a variable's parts spell.
std::string asked_for(const std::vector<std::string>& parts) {
  key_path path;
  for (const auto& part : parts) path.push_back(cased(part, false));
  return joined(path);
}

// The variable with its unknown part `wrong` corrected, when something below `above` is near.
std::string meant_variable(std::vector<std::string> parts, std::size_t wrong, const key_path& above) {
  const auto known = nearest(parts[wrong], children(above));
  if (!known || cased(*known, true) == parts[wrong]) return "";
  parts[wrong] = cased(*known, true);
  std::string name{prefix};
  for (std::size_t i = 0; i < parts.size(); ++i) name += (i == 0 ? "" : "__") + parts[i];
  return " (did you mean '" + name + "'?)";
}

void read_variable(const std::string& name, const std::string& text, const book& weaker, book& into) {
  const place at{place::layer::environment, 0, 0, name};
  const auto parts = split(std::string_view{name}.substr(prefix.size()), "__");
  key_path path;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::string segment = cased(parts[i], false);
    key_path next = path;
    if (takes_names(path)) segment = known_spelling(weaker, path, segment);
    next.push_back(segment);
    const bool last = i + 1 == parts.size();
    if (segment.empty() ||
        (last ? find_key(next) == nullptr && find_twin(next) == nullptr : !is_section(next))) {
      into.blame(at, "unknown variable: there is no key " + domain::in_quotes(asked_for(parts)) +
                         meant_variable(parts, i, path) + "; names without '__' are left alone");
      return;
    }
    path = std::move(next);
  }
  put(path, text, at, into);
}

}  // namespace

void read_environment(const std::map<std::string, std::string>& environment, book& into) {
  const book weaker = into;
  for (const auto& [name, text] : environment) {
    if (name.compare(0, prefix.size(), prefix) != 0 || name.find("__", prefix.size()) == std::string::npos)
      continue;
    if (!is_text(name)) {
      into.blame({place::layer::environment, 0, 0, domain::in_quotes(name)},
                 "unknown variable: its name is not printable UTF-8; names without '__' are left alone");
      continue;
    }
    read_variable(name, text, weaker, into);
  }
  const key_path url{"database", "url"};
  for (const char* const alias : {"WEIR_DATABASE_URL", "DATABASE_URL"}) {
    const auto found = environment.find(alias);
    if (found == environment.end() || found->second.empty()) continue;
    const auto* set = into.find(url);
    if (set != nullptr && set->at_key.from == place::layer::environment) break;
    put(url, found->second, {place::layer::environment, 0, 0, alias}, into);
  }
}

void read_flags(const std::map<std::string, std::string>& flags, book& into) {
  for (const auto& [path, text] : flags) {
    std::string name = path == "database.url" ? "--url" : "--" + path;
    std::replace(name.begin(), name.end(), '.', '-');
    std::replace(name.begin(), name.end(), '_', '-');
    const place at{place::layer::flag, 0, 0, name};
    if (text.empty()) {
      into.blame(at, "needs a value");
      continue;
    }
    if (!put(split(path, "."), text, at, into)) into.blame(at, "there is no key " + domain::in_quotes(path));
  }
}

}  // namespace weir::config
