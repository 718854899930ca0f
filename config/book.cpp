// Merging layers, and collecting mistakes.
#include "config/book.hpp"

#include <algorithm>
#include <tuple>

#include "config/suggest.hpp"
#include "domain/task_bounds.hpp"

namespace weir::config {

namespace {

bool is_below(const key_path& path, const key_path& above) {
  return path.size() >= above.size() && std::equal(above.begin(), above.end(), path.begin());
}

std::string spelt(const key_path& path, const setting& value) {
  return joined(path) + (value.twin ? "_file" : "");
}

}  // namespace

std::string place::text() const {
  if (from != layer::file || line == 0) return name;
  return name + ":" + std::to_string(line) + ":" + std::to_string(column);
}

bool place::operator<(const place& other) const {
  if (from != other.from) return from < other.from;
  return std::tie(line, column, name) < std::tie(other.line, other.column, other.name);
}

void book::add(const key_path& path, setting value) {
  const auto found = values_.find(path);
  if (found == values_.end()) {
    values_.emplace(path, std::move(value));
    return;
  }
  if (found->second.at_key.from == value.at_key.from) {
    blame(value.at_key, "'" + spelt(path, value) + "' is given twice: also as '" +
                            spelt(path, found->second) + "' (" + found->second.at_key.text() +
                            "); keep one of them");
    return;
  }
  overruled_.emplace_back(path, std::move(found->second));
  found->second = std::move(value);
}

void book::add_table(const key_path& path, const place& at) { tables_.emplace(path, at); }

void book::blame(const place& at, std::string text) { mistakes_.push_back({at, std::move(text)}); }

void book::blame(const key_path& path, std::string text) {
  if (const setting* set = find(path)) {
    blame(set->at_value, std::move(text));
    return;
  }
  for (key_path above = path; !above.empty(); above.pop_back()) {
    if (const auto table = tables_.find(above); table != tables_.end()) {
      blame(table->second, std::move(text));
      return;
    }
  }
  blame(place{place::layer::file, 0, 0, "configuration"}, std::move(text));
}

void book::remove(const key_path& path) {
  values_.erase(path);
  removed_.insert(path);
}

const setting* book::find(const key_path& path) const {
  const auto found = values_.find(path);
  return found == values_.end() ? nullptr : &found->second;
}

setting* book::find(const key_path& path) {
  const auto found = values_.find(path);
  return found == values_.end() ? nullptr : &found->second;
}

bool book::mentions(const key_path& path) const {
  const auto table = tables_.lower_bound(path);
  if (table != tables_.end() && is_below(table->first, path)) return true;
  const auto value = values_.lower_bound(path);
  if (value != values_.end() && is_below(value->first, path)) return true;
  const auto removed = removed_.lower_bound(path);
  return removed != removed_.end() && is_below(*removed, path);
}

std::vector<std::string> book::names_below(const key_path& path) const {
  std::set<std::string> names;
  const auto collect = [&](const auto& map) {
    for (auto at = map.lower_bound(path); at != map.end() && is_below(at->first, path); ++at) {
      if (at->first.size() > path.size()) names.insert(at->first[path.size()]);
    }
  };
  collect(tables_);
  collect(values_);
  return {names.begin(), names.end()};
}

std::vector<mistake> book::mistakes() const {
  std::vector<const blamed*> ordered;
  ordered.reserve(mistakes_.size());
  for (const auto& each : mistakes_) ordered.push_back(&each);
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const blamed* a, const blamed* b) { return a->at < b->at; });
  std::vector<mistake> all;
  all.reserve(ordered.size());
  for (const blamed* each : ordered) all.push_back({each->at.text(), each->text});
  return all;
}

std::string unknown_text(const key_path& above, const std::string& key) {
  key_path path = above;
  path.push_back(key);
  const char* const what = above.empty() ? "unknown section " : "unknown key ";
  return what + domain::in_quotes(joined(path)) + did_you_mean(key, children(above));
}

std::string outside_text(const std::string& key) {
  std::string text = "key " + domain::in_quotes(key) + " stands outside any section";
  for (const auto& part : all_sections()) {
    const bool named = part.path.find('*') != std::string_view::npos;
    if (find_key(named ? key_path{std::string{part.path.substr(0, part.path.find('.'))}, "NAME", key}
                       : key_path{std::string{part.path}, key}) == nullptr) {
      continue;
    }
    std::string section{part.path};
    if (named) section.replace(section.find('*'), 1, "NAME");
    return text + ": write it below [" + section + "]";
  }
  return text;
}

}  // namespace weir::config
