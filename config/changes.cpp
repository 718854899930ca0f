#include "config/changes.hpp"

#include <algorithm>
#include <map>

#include "config/shown_values.hpp"

namespace weir::config {

namespace {

using nlohmann::json;

/// Values by key, without any mask: a changed password is a change, too.
std::vector<std::pair<key_path, json>> plain_values(const node_config& config) {
  std::vector<std::pair<key_path, json>> out;
  for (auto& one : shown_values(config)) {
    json value = std::move(one.value);
    if (one.path == key_path{"database", "url"}) value = config.database.url;
    if (one.path == key_path{"database", "direct_url"}) value = config.database.direct_url;
    for (const auto& action : config.actions) {
      if (one.path[0] != "action" || one.path[1] != action.name) continue;
      std::string name;
      for (auto part = one.path.begin() + 2; part != one.path.end(); ++part)
        name += (name.empty() ? "" : ".") + *part;
      if (const auto found = action.settings.find(name); found != action.settings.end())
        value = found->second;
    }
    out.emplace_back(std::move(one.path), std::move(value));
  }
  return out;
}

/// A node performs the actions that it was started with.
bool is_performed(const node_config& by, const std::string& action, action_config::type kind) {
  return std::any_of(by.actions.begin(), by.actions.end(),
                     [&](const action_config& one) { return one.name == action && one.kind == kind; });
}

bool is_live(const key_path& path, const node_config& before, const node_config& after) {
  const key* rule = find_key(path);
  if (rule == nullptr || !rule->live) return false;
  if (path[0] != "action") return true;
  return std::any_of(after.actions.begin(), after.actions.end(), [&](const action_config& one) {
    return one.name == path[1] && is_performed(before, one.name, one.kind);
  });
}

}  // namespace

std::vector<changed_key> changes(const node_config& before, const node_config& after) {
  std::map<key_path, json> old;
  for (auto& [path, value] : plain_values(before)) old.emplace(path, std::move(value));
  std::vector<changed_key> out;
  for (const auto& [path, value] : plain_values(after)) {
    const auto found = old.find(path);
    const bool same = found != old.end() && found->second == value;
    if (!same) out.push_back({joined(path), is_live(path, before, after)});
    if (found != old.end()) old.erase(found);
  }
  for (const auto& [path, value] : old) out.push_back({joined(path), is_live(path, before, after)});
  return out;
}

}  // namespace weir::config
