// Builds the parser, parses, runs what was chosen. Parsing uses CLI11 for flags only: its configuration
// layer lets the file win over the environment and ignores unknown keys.
#include "app/cli/run_command.hpp"

#include <algorithm>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/command_tree.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/parse_help.hpp"
#include "app/cli/remote/remote.hpp"
#include "config/suggest.hpp"

namespace weir::app {

namespace {

const std::vector<std::string> formats{"table", "json", "ndjson"};

void add_global_options(CLI::App& root, invocation& call) {
  auto& globals = call.globals;
  root.add_option("--config", globals.config_file,
                  "configuration file (default: $WEIR_CONFIG, ./weir.toml, /etc/weir/weir.toml)")
      ->type_name("F");
  root.add_option("-o,--output", globals.output, "what data is printed as (default: table)")
      ->type_name("table|json|ndjson");
  root.add_option("--url", globals.url, "the database (postgres://...), or a node's API (http://...)")
      ->type_name("URL");
  root.add_option("--token-file", globals.token_file, "file of the token for the API (default: $WEIR_TOKEN)")
      ->type_name("F");
  root.add_flag("-q,--quiet", globals.quiet, "no messages, only data and errors");
  root.add_flag("-v,--verbose", globals.verbose, "say more");
  root.add_flag("--yes", globals.yes, "do not ask before actions on many tasks");
}

// `--wait` and `--watch` may stand alone; CLI11 would take the next word as their value.
std::vector<std::string> with_explicit_values(std::vector<std::string> args) {
  for (auto& arg : args) {
    if (arg == "--") break;
    if (arg == "--wait") arg = "--wait=forever";
    if (arg == "--watch") arg = "--watch=2s";
  }
  return args;
}

int parse_and_run(const std::vector<std::string>& args, invocation& call) {
  CLI::App root{"weir: background tasks on several nodes behind one PostgreSQL", "weir"};
  root.set_help_flag("-h,--help", "this page");
  root.require_subcommand(1);
  root.fallthrough();
  bool version = false;
  root.add_flag("--version", version, "the same as `weir version`");
  add_global_options(root, call);
  add_run_command(root, call);
  add_dev_command(root, call);
  add_status_command(root, call);
  add_top_command(root, call);
  add_doctor_command(root, call);
  add_node_commands(root, call);
  add_leader_commands(root, call);
  add_stream_commands(root, call);
  add_task_commands(root, call);
  add_schedule_commands(root, call);
  add_cdc_commands(root, call);
  add_db_commands(root, call);
  add_token_commands(root, call);
  add_healthcheck_command(root, call);
  add_audit_command(root, call);
  add_config_commands(root, call);
  add_cert_commands(root, call);
  add_bench_command(root, call);
  add_completion_command(root, call);
  add_version_command(root, call);

  auto& out = call.surroundings();
  if (args.size() == 1 && args[0] == "--version") return parse_and_run({"version"}, call);
  if (args.empty()) {
    out.err << help_page(root);
    return number(exit_code::usage);
  }
  auto reversed = with_explicit_values(args);
  std::reverse(reversed.begin(), reversed.end());
  try {
    root.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    out.out << help_page(named_command(root, args));
    return number(exit_code::ok);
  } catch (const CLI::ParseError& problem) {
    call.complain(explain_parse_error(root, args, problem.what()));
    return number(exit_code::usage);
  }
  const auto& format = call.globals.output;
  if (std::find(formats.begin(), formats.end(), format) == formats.end()) {
    return number(
        call.usage("-o " + format + ": write table, json or ndjson" + config::did_you_mean(format, formats)));
  }
  if (const auto path = path_of(named_command(root, args)); call.by_api() && !goes_by_api(path)) {
    return number(call.usage(
        path + " works on the database itself: give --url postgres://..., or leave it to " + "[database]"));
  }
  return number(call.chosen(call));
}

}  // namespace

int run_command(const std::vector<std::string>& args, io& surroundings, backend& world) {
  invocation call{surroundings, world};
  try {
    const int code = parse_and_run(args, call);
    surroundings.out.flush();
    if (surroundings.out.fail()) {
      call.complain("standard output could not be written");
      return code == 0 ? number(exit_code::failed) : code;
    }
    return code;
  } catch (const std::exception& problem) {
    call.complain(std::string{"internal: "} + problem.what() + "; please report this");
    return number(exit_code::failed);
  }
}

CLI::App& add_verb(CLI::App& parent, const std::string& name, const std::string& help) {
  auto* verb = parent.add_subcommand(name, help);
  verb->fallthrough();
  return *verb;
}

CLI::App& add_noun(CLI::App& parent, const std::string& name, const std::string& help) {
  auto& noun = add_verb(parent, name, help);
  noun.require_subcommand(1);
  return noun;
}

}  // namespace weir::app
