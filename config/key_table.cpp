// Lookups in the table of keys.
#include "config/key_table.hpp"

#include <algorithm>

namespace weir::config {

namespace {

constexpr std::string_view twin_ending = "_file";

std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0;;) {
    const std::size_t dot = path.find('.', start);
    parts.push_back(path.substr(start, dot - start));
    if (dot == std::string_view::npos) return parts;
    start = dot + 1;
  }
}

// The table's paths, split once.
const std::vector<std::vector<std::string_view>>& patterns() {
  static const auto split = [] {
    std::vector<std::vector<std::string_view>> all;
    for (const auto& row : all_keys()) all.push_back(segments(row.path));
    return all;
  }();
  return split;
}

bool begins_with(const std::vector<std::string_view>& pattern, const key_path& path) {
  if (pattern.size() < path.size()) return false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (pattern[i] != "*" && pattern[i] != path[i]) return false;
  }
  return true;
}

bool ends_with(const std::string& text, std::string_view ending) {
  return text.size() > ending.size() && text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

bool plain(const std::string& segment) {
  return !segment.empty() && std::all_of(segment.begin(), segment.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace

const key* find_key(const key_path& path) {
  for (std::size_t i = 0; i < patterns().size(); ++i) {
    if (patterns()[i].size() == path.size() && begins_with(patterns()[i], path)) return &all_keys()[i];
  }
  return nullptr;
}

const key* find_twin(const key_path& path) {
  if (path.empty() || !ends_with(path.back(), twin_ending)) return nullptr;
  key_path target = path;
  target.back().erase(target.back().size() - twin_ending.size());
  const key* rule = find_key(target);
  return rule != nullptr && is_secret(*rule) ? rule : nullptr;
}

bool is_section(const key_path& path) {
  return std::any_of(patterns().begin(), patterns().end(), [&](const auto& pattern) {
    return pattern.size() > path.size() && begins_with(pattern, path);
  });
}

std::vector<std::string> children(const key_path& path) {
  std::vector<std::string> names;
  const auto add = [&](std::string name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  };
  for (std::size_t i = 0; i < patterns().size(); ++i) {
    const auto& pattern = patterns()[i];
    if (pattern.size() <= path.size() || !begins_with(pattern, path) || pattern[path.size()] == "*") continue;
    add(std::string{pattern[path.size()]});
    if (pattern.size() == path.size() + 1 && is_secret(all_keys()[i])) {
      add(std::string{pattern.back()} + std::string{twin_ending});
    }
  }
  return names;
}

bool takes_names(const key_path& path) {
  return std::any_of(patterns().begin(), patterns().end(), [&](const auto& pattern) {
    return pattern.size() > path.size() && begins_with(pattern, path) && pattern[path.size()] == "*";
  });
}

bool is_secret(const key& rule) {
  return rule.type == kind::database || rule.type == kind::secret || rule.type == kind::header;
}

std::string joined(const key_path& path) {
  std::string text;
  for (const auto& segment : path) {
    if (!text.empty()) text += '.';
    if (plain(segment)) {
      text += segment;
      continue;
    }
    text += '"';
    for (const char c : segment) {
      if (c == '"' || c == '\\') text += '\\';
      // A name with control characters is refused anyway; its mistake must not break the terminal.
      text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
    text += '"';
  }
  return text;
}

std::vector<std::string> split_choices(std::string_view choices) {
  std::vector<std::string> words;
  for (std::size_t start = 0; !choices.empty();) {
    const std::size_t bar = choices.find('|', start);
    words.emplace_back(choices.substr(start, bar - start));
    if (bar == std::string_view::npos) break;
    start = bar + 1;
  }
  return words;
}

}  // namespace weir::config
