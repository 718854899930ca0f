// From fields back to keys.
#include "config/shown_values.hpp"

#include "config/fields.hpp"
#include "config/formats.hpp"
#include "config/masking.hpp"
#include "domain/duration_text.hpp"
#include "domain/names.hpp"
#include "domain/start_pace.hpp"

namespace weir::config {

namespace {

using nlohmann::json;
using std::chrono::milliseconds;

class collector {
 public:
  explicit collector(const node_config& config) : config_(config) {}

  // "" and absent both mean: not set. An empty text that was set (message_queue = "") is shown.
  void operator()(const key_path& path, const std::string& value) {
    if (!value.empty() || origin(path) != "default") add(path, value);
  }
  void operator()(const key_path& path, milliseconds value) { add(path, domain::format_duration(value)); }
  void operator()(const key_path& path, const start_rate& value) {
    if (value.starts > 0) add(path, domain::format_rate(value));
  }
  void operator()(const key_path& path, std::size_t value) { add(path, format_size(value)); }
  void operator()(const key_path& path, int value) { add(path, value); }
  void operator()(const key_path& path, bool value) { add(path, value); }
  void operator()(const key_path& path, stream_mode value) { add(path, to_string(value)); }
  void operator()(const key_path& path, pin_policy value) { add(path, to_string(value)); }
  void operator()(const key_path& path, isolation value) { add(path, to_string(value)); }
  void operator()(const key_path& path, missed_policy value) { add(path, to_string(value)); }
  void operator()(const key_path& path, const std::vector<std::string>& value) {
    if (!value.empty()) add(path, value);
  }
  void operator()(const key_path& path, const std::map<std::string, std::string>& table) {
    for (const auto& [name, value] : table) {
      key_path each = path;
      each.push_back(name);
      add(each, value);
    }
  }
  template <class Field>
  void operator()(const key_path& path, const std::optional<Field>& value) {
    if (value) (*this)(path, *value);
  }

  void add(const key_path& path, json value) {
    const auto* rule = find_key(path);
    if (rule != nullptr && value.is_string()) value = masked(*rule, path, value.get<std::string>());
    values.push_back({path, std::move(value), origin(path)});
  }

  std::vector<shown_value> values;

 private:
  std::string origin(const key_path& path) const {
    const auto found = config_.origins.find(joined(path));
    return found == config_.origins.end() ? "default" : found->second;
  }

  static std::string masked(const key& rule, const key_path& path, const std::string& value) {
    if (rule.type == kind::database || rule.type == kind::web) return masked_address(value);
    if (rule.type == kind::secret) return std::string{mask};
    if (rule.type == kind::header && is_credential_header(path.back())) return std::string{mask};
    return value;
  }

  const node_config& config_;
};

void collect_retry(collector& into, const action_config& action) {
  const auto path = [&](const char* key) { return key_path{"action", action.name, "retry", key}; };
  const auto& retry = action.options.retry;
  switch (retry.kind) {
    case retry_policy::shape::fixed: into(path("every"), retry.delays.front()); break;
    case retry_policy::shape::list: {
      json list = json::array();
      for (const auto delay : retry.delays) list.push_back(domain::format_duration(delay));
      into.add(path("backoff"), std::move(list));
      break;
    }
    case retry_policy::shape::exponential:
      into(path("exponential"), retry.delays.front());
      into(path("max"), retry.max);
      break;
  }
  into(path("max_attempts"), retry.max_attempts);
}

// A key of later versions that is kept as text: back to the type that its row has.
void collect_text(collector& into, const key_path& path, const std::string& value) {
  const auto* rule = find_key(path);
  const bool number = rule != nullptr && (rule->type == kind::integer || rule->type == kind::boolean);
  into.add(path, number ? json::parse(value, nullptr, false) : json(value));
}

// "headers.x" and "retention.done" are one level deeper; a header's own name may hold any character.
key_path deeper(key_path path, const std::string& key) {
  const std::size_t dot = key.find('.');
  path.push_back(key.substr(0, dot));
  if (dot != std::string::npos) path.push_back(key.substr(dot + 1));
  return path;
}

}  // namespace

std::vector<shown_value> shown_values(const node_config& config) {
  collector into{config};
  visit_fields(config, into);
  for (const auto& stream : config.streams) {
    visit_stream(stream, into);
    const auto more = config.stream_settings.find(stream.name);
    if (more == config.stream_settings.end()) continue;
    for (const auto& [key, value] : more->second)
      collect_text(into, deeper({"stream", stream.name}, key), value);
  }
  for (const auto& action : config.actions) {
    into.add({"action", action.name, "type"}, to_string(action.kind));
    visit_action(action, into);
    collect_retry(into, action);
    for (const auto& [key, value] : action.settings) {
      collect_text(into, deeper({"action", action.name}, key), value);
    }
  }
  for (const auto& schedule : config.schedules) {
    visit_schedule(schedule, [&](const key_path& path, const auto& value) {
      // Of an interval and a cron line with its zone there is one.
      const bool other = schedule.cron.empty() ? path[2] == "cron" || path[2] == "zone" : path[2] == "every";
      if (!other) into(path, value);
    });
  }
  return std::move(into.values);
}

}  // namespace weir::config
