// weir doctor: what is wrong, where, and the command that mends it; exit 0, or 6 on any problem.
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <unistd.h>
#include <CLI/CLI.hpp>

#include "app/cert/certificate.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/doctor/evidence.hpp"
#include "app/cli/doctor/report.hpp"
#include "app/cli/new_files.hpp"
#include "app/cli/shell_word.hpp"
#include "domain/time_text.hpp"
#include "http/token_file.hpp"

namespace weir::app {

namespace {

namespace fs = std::filesystem;

constexpr int terms_looked_at = 50;
constexpr int error_groups_looked_at = 200;
/// Links go on until a certificate ends; a month is time enough to make another one.
constexpr std::chrono::hours certificate_notice{24 * 30};

/// Some folders take no others, whatever their rights say: one is made there, and gone at once.
std::optional<std::string> making_trouble(const fs::path& in) {
  std::string probe = (in / "weir-doctor-XXXXXX").string();
  if (::mkdtemp(probe.data()) == nullptr)
    return "cannot be made: " + in.string() + " takes no folder (" + std::strerror(errno) + ")";
  ::rmdir(probe.c_str());
  return std::nullopt;
}

/// Why no node could keep its lock there. If the folder is not there yet, the one that it would be made in counts.
std::optional<std::string> state_dir_trouble(const fs::path& where) {
  std::error_code failed;
  for (fs::path at = where; !at.empty(); at = at.parent_path()) {
    const auto found = fs::status(at, failed);
    if (found.type() == fs::file_type::not_found && at != at.root_path()) {
      if (fs::symlink_status(at, failed).type() != fs::file_type::symlink) continue;
      return "cannot be made: " + at.string() + " is a link to something that is not there";
    }
    if (found.type() != fs::file_type::directory)
      return (at == where ? std::string{"is"} : "is below " + at.string() + ", which is") + " not a folder";
    if (::access(at.c_str(), W_OK | X_OK) != 0)
      return (at == where ? std::string{"may"} : "cannot be made: " + at.string() + " may") +
             " not be written to by this user";
    return at == where ? std::nullopt : making_trouble(at);
  }
  return std::nullopt;
}

std::optional<std::string> certificate_trouble(const node_config& config, wall_time now) {
  if (config.tls.cert.empty()) return std::nullopt;
  const auto text = read_text_file(config.tls.cert);
  const auto all = text ? read_certificates(*text) : text.error();
  if (!all) return "the certificate " + config.tls.cert + " cannot be read: " + all.error().message;
  const auto& first = all->front();
  const std::string until = domain::format_time(first.until).substr(0, 10);
  if (first.until <= now)
    return "the certificate " + config.tls.cert + " ended on " + until + ": no link can be made";
  if (first.until - now < certificate_notice)
    return "the certificate " + config.tls.cert + " ends on " + until + ": then no link can be made any more";
  const auto& names = first.nodes;
  if (std::find(names.begin(), names.end(), config.node.name) == names.end())
    return "the certificate " + config.tls.cert + " is not for node " + config.node.name +
           ": it gets no links";
  return std::nullopt;
}

bool can_be_started(const std::string& program, const std::string& path) {
  const auto runs = [](const fs::path& file) {
    return fs::is_regular_file(file) && ::access(file.c_str(), X_OK) == 0;
  };
  if (program.find('/') != std::string::npos) return runs(program);
  for (std::size_t from = 0; from <= path.size();) {
    const auto colon = std::min(path.find(':', from), path.size());
    if (runs(fs::path(path.substr(from, colon - from)) / program)) return true;
    from = colon + 1;
  }
  return false;
}

machine_facts look_here(invocation& call, const node_config& config) {
  machine_facts found;
  found.state_dir_trouble = state_dir_trouble(config.node.state_dir);
  found.certificate_trouble = certificate_trouble(config, call.surroundings().now());
  if (!config.http.tokens_file.empty()) {
    const auto tokens = http::read_tokens(config.http.tokens_file);
    if (!tokens) {
      found.tokens_trouble = tokens.error().message;
      found.tokens_missing = !fs::exists(config.http.tokens_file);
    }
  }
  const auto path = call.surroundings().environment.find("PATH");
  for (const auto& action : config.actions) {
    if (action.kind != action_config::type::exec || action.command.empty()) continue;
    if (can_be_started(action.command[0], path == call.surroundings().environment.end() ? "" : path->second))
      continue;
    const auto origin = config.origins.find("action." + action.name + ".command");
    found.missing_programs.push_back(
        {action.name, action.command[0], origin == config.origins.end() ? "" : origin->second});
  }
  return found;
}

std::vector<paused_work> look_behind_pauses(console_store& store, const cluster_view& view, wall_time now) {
  std::vector<paused_work> found;
  for (const auto& name : view.rows.paused) {
    task_filter filter;
    filter.name = name.name;
    const auto first = store.unfinished(filter, 1);
    if (!first || first->empty()) continue;
    const auto task = store.task(first->front());
    if (task) found.push_back({name.name, std::chrono::duration<double>(now - task->do_after).count()});
  }
  return found;
}

void look_at_cluster(invocation& call, evidence& seen) {
  const auto opened = call.world().open(seen.config);
  const auto store = opened->open_console();
  auto view = store->view();
  if (!view) {
    seen.view_trouble = view.error();
    return;
  }
  seen.view = std::move(view).value();
  if (auto terms = store->leaders(terms_looked_at)) seen.terms = std::move(terms).value();
  if (auto errors = store->errors(error_groups_looked_at)) seen.errors = std::move(errors).value();
  seen.paused = look_behind_pauses(*store, *seen.view, seen.now);
}

evidence gather(invocation& call) {
  evidence seen;
  seen.now = call.surroundings().now();
  if (!call.globals.config_file.empty())
    seen.same_configuration = " --config " + shell_word(call.globals.config_file);
  auto loaded = config::load(call.config_sources());
  seen.config = std::move(loaded.config);
  seen.mistakes = std::move(loaded.mistakes);
  if (!seen.mistakes.empty()) return seen;
  seen.machine = look_here(call, seen.config);
  auto database = call.world().examine(seen.config);
  if (!database) {
    seen.unreachable = database.error();
    return seen;
  }
  seen.database = std::move(database).value();
  seen.now += seen.database->clock_ahead;  // by which tasks and terms have their times
  if (seen.database->direct.trouble || seen.database->direct.shared) {
    seen.view_trouble = seen.database->direct.trouble;
    return seen;
  }
  const auto schema = call.world().schema(seen.config);
  if (!schema)
    seen.schema_trouble = schema.error();
  else
    seen.schema_trouble = schema_complaint(*schema);
  if (!seen.schema_trouble) look_at_cluster(call, seen);
  return seen;
}

exit_code examine(invocation& call) {
  const auto found = diagnose(gather(call));
  if (call.wants_table())
    call.print(diagnosis_text(found, call.surroundings().colour()));
  else
    call.print_json(diagnosis_json(found));
  return found.healthy() ? exit_code::ok : exit_code::problems;
}

}  // namespace

void add_doctor_command(CLI::App& root, invocation& call) {
  auto& verb =
      add_verb(root, "doctor", "what is wrong, where, and the command that mends it; exit 6 on problems");
  verb.callback([&call] { call.chosen = examine; });
}

}  // namespace weir::app
