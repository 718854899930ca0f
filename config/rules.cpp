// What single values can't tell.
#include "config/rules.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <map>

#include "config/fields.hpp"
#include "config/files.hpp"
#include "config/formats.hpp"
#include "domain/duration_text.hpp"
#include "domain/object_hash.hpp"
#include "domain/task_bounds.hpp"
#include "domain/trace_url.hpp"

namespace weir::config {

namespace {

using std::chrono::milliseconds;

// Clocks of two machines may run apart by a thousandth each.
constexpr int drift_divisor = 500;
// PostgreSQL cuts longer identifiers.
constexpr std::size_t identifier_bytes = 63;

std::string text(milliseconds value) { return domain::format_duration(value); }

// Blames the first of `paths` that somebody set.
void blame_first(book& values, const std::vector<key_path>& paths, const std::string& what) {
  for (const auto& path : paths) {
    if (values.has(path)) {
      values.blame(path, what);
      return;
    }
  }
  values.blame(paths.front(), what);
}

void check_cluster(const node_config& config, book& values) {
  const auto& [ttl, beat, margin] = config.cluster;
  const key_path ttl_path{"cluster", "ttl"}, beat_path{"cluster", "beat"}, margin_path{"cluster", "margin"};
  // Beside a default that stands in for a refused value, a good one looks bad.
  if (values.removed(ttl_path) || values.removed(beat_path) || values.removed(margin_path)) return;
  if (ttl < 3 * beat) {
    blame_first(values, {ttl_path, beat_path},
                "cluster.ttl (" + text(ttl) + ") must be at least three beats of " + text(beat) +
                    ": one lost beat must not look like a dead node (set ttl to " + text(3 * beat) +
                    " or more, or beat less often than every " + text(ttl / 3) + ")");
  }
  if (margin >= ttl - beat) {
    blame_first(values, {margin_path, ttl_path, beat_path},
                "cluster.margin (" + text(margin) + ") must be less than ttl - beat (" + text(ttl - beat) +
                    "): a node would give up its work between two good beats (lower margin or raise ttl)");
  } else if (margin * drift_divisor < ttl) {
    blame_first(values, {margin_path, ttl_path},
                "cluster.margin (" + text(margin) + ") is too small for a ttl of " + text(ttl) +
                    ": clocks may drift by more than it covers (set margin to " +
                    text((ttl + milliseconds{drift_divisor - 1}) / drift_divisor) + " or more)");
  }
}

void check_addresses(const node_config& config, book& values) {
  const bool any_tls =
      values.mentions({"tls", "cert"}) || values.mentions({"tls", "key"}) || values.mentions({"tls", "ca"});
  for (const char* const key : {"cert", "key", "ca"}) {
    if (any_tls && !values.mentions({"tls", key})) {
      values.blame({"tls", key}, std::string{"'tls."} + key + "' is missing: [tls] needs cert, key and ca");
    }
  }
  const auto link = parse_address(config.node.listen);
  if (link && !link->loopback && !any_tls) {
    values.blame({"node", "listen"}, "'node.listen' is reachable from other machines (" +
                                         domain::in_quotes(config.node.listen) +
                                         ") and needs [tls] with cert, key and ca (or listen on 127.0.0.1)");
  }
  const auto web = parse_address(config.http.listen);
  if (web && !web->loopback && !values.mentions({"http", "tokens_file"})) {
    values.blame({"http", "listen"}, "'http.listen' is reachable from other machines (" +
                                         domain::in_quotes(config.http.listen) +
                                         ") and needs 'tokens_file' (or listen on 127.0.0.1)");
  }
  if (link && web && link->port != 0 && link->port == web->port && link->host == web->host) {
    values.blame({"http", "listen"},
                 "'http.listen' is the same address as 'node.listen': give them different ports");
  }
  const auto& base = config.http.base_path;
  if (base.empty() || base.front() != '/' || base.find_first_of("?# \t\r\n") != std::string::npos) {
    values.blame({"http", "base_path"},
                 "'http.base_path' must start with '/', and hold no blank, '?' or '#', not " +
                     domain::in_quotes(base));
  }
}

void check_traces(const node_config& config, book& values) {
  const key_path url{"trace", "url"};
  if (config.trace.url.empty() || values.removed(url)) return;
  if (const auto good = domain::check_trace_url(config.trace.url); !good)
    values.blame(url, "'trace.url': " + good.error().message);
}

void check_database(const node_config& config, book& values) {
  const auto& schema = config.database.schema;
  if (schema.size() > identifier_bytes) {
    values.blame({"database", "schema"}, "'database.schema' has " + std::to_string(schema.size()) +
                                             " bytes; PostgreSQL takes names of up to 63");
  }
  if (schema.compare(0, 3, "pg_") == 0 || schema == "information_schema") {
    values.blame({"database", "schema"}, "'database.schema' must not be " + domain::in_quotes(schema) +
                                             ": PostgreSQL keeps that name for itself");
  }
}

// The stream of a cdc action is its controller: no two may share it, and it must run in one place at a time.
void check_cdc(const node_config& config, book& values) {
  std::map<std::string, std::string> watched;
  for (const auto& action : config.actions) {
    const auto given = action.settings.find("controller");
    if (action.kind != action_config::type::cdc || given == action.settings.end()) continue;
    const key_path path{"action", action.name, "controller"};
    const std::string controller = domain::normal_uuid(given->second).value_or(given->second);
    const auto [other, added] = watched.emplace(controller, action.name);
    if (!added) {
      values.blame(path, "'" + joined(path) + "' is the controller of '" + joined({"action", other->second}) +
                             "', too: give each its own uuid");
    }
    for (const auto& stream : config.streams) {
      if (stream.name != controller || stream.mode == stream_mode::single) continue;
      values.blame({"stream", stream.name, "mode"}, "'" + joined({"stream", stream.name, "mode"}) +
                                                        "' must be \"single\": it is the stream of '" +
                                                        joined({"action", action.name}) + "'");
    }
    const auto named = domain::check_name("action (task name)", action.name + ".create");
    if (!named.ok()) {
      values.blame({"action", action.name}, "'" + joined({"action", action.name}) +
                                                "' is too long for the tasks NAME.create, NAME.update and "
                                                "NAME.delete: use at most 57 characters");
    }
  }
}

void check_breakers(const node_config& config, book& values) {
  for (const auto& stream : config.streams) {
    const key_path pause{"stream", stream.name, "breaker", "pause"};
    if (!values.has(pause) || values.mentions({"stream", stream.name, "breaker", "failures"})) continue;
    values.blame(pause,
                 "'" + joined(pause) +
                     "' does nothing without breaker.failures: write breaker = { failures = 5, pause = \"" +
                     text(stream.breaker.pause) + "\" }, or remove it");
  }
}

// A name as one part of a path: other characters than these become %XX.
std::string folder_name(const std::string& name) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string safe;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (plain.find(c) != std::string_view::npos && !(c == '.' && safe.empty())) {
      safe += c;
    } else {
      safe += {'%', digits[byte >> 4U], digits[byte & 15U]};
    }
  }
  return safe;
}

std::string variable(const sources& from, const char* name) {
  const auto found = from.environment.find(name);
  return found == from.environment.end() ? "" : found->second;
}

std::string machine_name(const sources& from) {
  if (from.hostname) return *from.hostname;
  std::array<char, 256> buffer{};
  return gethostname(buffer.data(), buffer.size() - 1) == 0 ? buffer.data() : "";
}

}  // namespace

void complete(node_config& config, const sources& from, book& values) {
  const key_path name{"node", "name"};
  if (!values.mentions(name)) {
    config.node.name = machine_name(from);
    const auto checked = domain::check_name("the host's name", config.node.name);
    if (!checked.ok()) values.blame(name, checked.error().message + "; set node.name instead");
  }
  if (!config.node.state_dir.empty()) return;
  const std::string folder = folder_name(config.node.name);
  if (from.root.value_or(geteuid() == 0)) {
    config.node.state_dir = "/var/lib/weir/" + folder;
    return;
  }
  std::string state = variable(from, "XDG_STATE_HOME");
  const std::string home = from.home.empty() ? variable(from, "HOME") : from.home;
  // The XDG rule: a relative folder counts as none.
  if (state.empty() || state.front() != '/') state = home.empty() ? "" : home + "/.local/state";
  if (state.empty()) {
    values.blame(key_path{"node", "state_dir"},
                 "'node.state_dir' is not set, and there is no home folder to put it in (HOME is not set)");
    return;
  }
  config.node.state_dir = state + "/weir/" + folder;
}

void check_rules(const node_config& config, book& values) {
  check_database(config, values);
  check_cluster(config, values);
  check_addresses(config, values);
  check_traces(config, values);
  check_cdc(config, values);
  check_breakers(config, values);
}

void add_notes(node_config& config) {
  const auto note = [&](std::string sentence) { config.notes.push_back(std::move(sentence)); };
  for (const auto& [name, settings] : config.stream_settings) {
    for (const auto& [key, value] : settings) {
      // kill is what happens anyway
      if (key != "on_deadline" || value == "kill") continue;
      note(joined({"stream", name}) + "." + key + " is validated and not yet served");
    }
  }
}

}  // namespace weir::config
