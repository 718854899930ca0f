// [action.NAME] and [schedule.NAME].
#include <algorithm>

#include "config/apply_sections.hpp"

namespace weir::config {

namespace {

using milliseconds = std::chrono::milliseconds;

std::optional<action_config::type> parse_type(const std::string& text) {
  using type = action_config::type;
  for (const auto each : {type::exec, type::http, type::email, type::cdc, type::noop}) {
    if (text == to_string(each)) return each;
  }
  return std::nullopt;
}

// Keys that belong to other types than this one.
void check_belongs(book& values, const std::string& name, const std::string& type) {
  for (const auto& [path, held] : values.values()) {
    if (path.size() < 3 || path[0] != "action" || path[1] != name || held.rule->only.empty()) continue;
    const auto types = split_choices(held.rule->only);
    if (std::find(types.begin(), types.end(), type) != types.end()) continue;
    std::string list;
    for (const auto& each : types) list += (list.empty() ? "" : ", ") + each;
    const bool routed_by_controller = type == "cdc" && path[2] == "stream";
    values.blame(held.at_key, "'" + joined(path) + "' is not for actions of type " + type +
                                  (routed_by_controller ? ": their stream is their controller"
                                                        : " (only for " + list + ")"));
  }
}

// A key that a type can't do without. One that was refused already has its mistake.
void need(book& values, const std::string& name, const char* key, const std::string& form) {
  if (values.mentions({"action", name, key})) return;
  const auto* type = values.find({"action", name, "type"});
  values.blame(key_path{"action", name}, "'" + joined({"action", name}) + "' is of type " +
                                             plain_text(type->value) + " and needs " + form);
}

retry_policy apply_retry(book& values, const filler& fill, const std::string& name) {
  const key_path base{"action", name, "retry"};
  const auto path = [&](const char* key) { return key_path{"action", name, "retry", key}; };
  const std::string called = joined(base);
  retry_policy policy;
  fill(path("max_attempts"), policy.max_attempts);
  std::vector<const char*> shapes;
  for (const char* const shape : {"every", "backoff", "exponential"}) {
    if (values.has(path(shape))) shapes.push_back(shape);
  }
  if (shapes.size() > 1) {
    values.blame(path(shapes[1]), "'" + called + "' has both '" + shapes[0] + "' and '" + shapes[1] +
                                      "': keep one of every, backoff, exponential");
    return policy;
  }
  const std::string shape = shapes.empty() ? "exponential" : shapes[0];
  if (values.has(path("max")) && shape != "exponential") {
    values.blame(path("max"), "'" + called + ".max' goes with exponential only, not with " + shape);
    return policy;
  }
  if (shape == "every") {
    policy.kind = retry_policy::shape::fixed;
    fill(path("every"), policy.delays.front());
  } else if (shape == "backoff") {
    policy.kind = retry_policy::shape::list;
    policy.delays.clear();
    for (const auto& each : values.find(path("backoff"))->value) {
      policy.delays.push_back(domain::parse_duration(each.get_ref<const std::string&>()).value());
    }
  } else {
    fill(path("exponential"), policy.delays.front());
    // A long first delay moves the default's end with it.
    policy.max = std::max(policy.max, policy.delays.front());
    fill(path("max"), policy.max);
    if (policy.max < policy.delays.front()) {
      values.blame(path("max"), "'" + called + ".max' (" + domain::format_duration(policy.max) +
                                    ") must not be less than the first delay (" +
                                    domain::format_duration(policy.delays.front()) + ")");
    }
  }
  return policy;
}

void keep_settings(const book& values, action_config& action) {
  for (const auto& [path, held] : values.values()) {
    if (path.size() < 3 || path[0] != "action" || path[1] != action.name) continue;
    if (path[2] == "url" || path[2] == "headers" || path[2] == "api_key" || path[2] == "base_url" ||
        path[2] == "bcc" || path[2] == "controller" || path[2] == "source_url" || path[2] == "query" ||
        path[2] == "source_timeout" || path[2] == "limit" || path[2] == "allow_empty") {
      const std::string key = path.size() == 4 ? path[2] + "." + path[3] : path[2];
      action.settings[key] = plain_text(held.value);
    }
  }
}

}  // namespace

const char* to_string(action_config::type kind) noexcept {
  switch (kind) {
    case action_config::type::exec: return "exec";
    case action_config::type::http: return "http";
    case action_config::type::email: return "email";
    case action_config::type::cdc: return "cdc";
    case action_config::type::noop: return "noop";
  }
  return "noop";
}

std::string plain_text(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

action_config apply_action(book& values, const filler& fill, const std::string& name) {
  action_config action;
  action.name = name;
  visit_action(action, fill);
  action.options.retry = apply_retry(values, fill, name);
  keep_settings(values, action);
  const key_path type{"action", name, "type"};
  const auto* held = values.find(type);
  if (held == nullptr) {
    if (!values.mentions(type)) {
      values.blame({"action", name}, "'" + joined({"action", name}) +
                                         R"(' needs type = "exec", "http", "email", "cdc" or "noop")");
    }
    return action;
  }
  const std::string type_name = plain_text(held->value);
  action.kind = parse_type(type_name).value_or(action_config::type::noop);
  check_belongs(values, name, type_name);
  switch (action.kind) {
    case action_config::type::exec:
      action.directory = fill.folder();
      need(values, name, "command", R"(command = ["./program", "argument"])");
      // A bare name is looked for in PATH, as a shell does; one with a slash starts at the file's folder.
      if (!action.command.empty() && action.command[0].find('/') != std::string::npos) {
        action.command[0] = resolved(fill.folder(), action.command[0]);
      }
      break;
    case action_config::type::http: need(values, name, "url", R"(url = "https://...")"); break;
    case action_config::type::email:
      need(values, name, "api_key", R"(api_key_file = "..." (or api_key))");
      break;
    case action_config::type::cdc:
      need(values, name, "controller", "controller = \"...\", a uuid that names it for good");
      need(values, name, "query", R"(query = "select ... as object_id, ... as hash from ...")");
      break;
    case action_config::type::noop: break;
  }
  return action;
}

schedule_declaration apply_schedule(book& values, const filler& fill, const std::string& name) {
  const key_path base{"schedule", name};
  const auto path = [&](const char* key) { return key_path{"schedule", name, key}; };
  const std::string called = "'" + joined(base) + "'";
  schedule_declaration schedule;
  schedule.name = name;
  visit_schedule(schedule, fill);
  if (!values.mentions(path("task")))
    values.blame(base, called + " needs task = \"...\", the name of the task to enqueue");
  const bool cron = values.mentions(path("cron"));
  const bool every = values.mentions(path("every"));
  if (cron && every) values.blame(path("every"), called + " has both 'cron' and 'every': keep one of them");
  if (!cron && !every) values.blame(base, called + " needs cron = \"0 2 * * *\" or every = \"15m\"");
  if (every && !cron && values.mentions(path("zone"))) {
    values.blame(path("zone"),
                 called + " has 'zone' without 'cron': an interval has no time zone, so remove it");
  }
  return schedule;
}

}  // namespace weir::config
