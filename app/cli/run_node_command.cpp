// weir run: a node in the foreground. Checks of database and schema are the node's own: the same command
// line also starts its runner processes, which have no database.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/cli/commands.hpp"

namespace weir::app {

namespace {

struct run_options {
  std::string name;
  bool once = false;
  bool supervise = false;
  std::vector<std::string> cells;  ///< configuration files
};

exit_code run_cells(invocation& call, const run_options& options) {
  if (!call.globals.config_file.empty())
    return call.usage("--config is one node's, --cell several: write --cell for every configuration");
  if (!options.name.empty())
    return call.usage("--node-name is one node's: a cell's node is named in its own configuration");
  std::vector<cell> cells;
  for (const std::string& file : options.cells) {
    call.globals.config_file = file;
    auto config = call.configuration();
    if (!config) return exit_code::configuration;
    cells.push_back({file, std::move(*config)});
  }
  if (const std::string problem = cells_problem(cells); !problem.empty()) {
    call.complain(problem);
    return exit_code::configuration;
  }
  return static_cast<exit_code>(call.world().run_cells(cells));
}

exit_code run(invocation& call, const run_options& options) {
  if (!options.cells.empty()) return run_cells(call, options);
  std::map<std::string, std::string> flags;
  if (!options.name.empty()) flags["node.name"] = options.name;
  auto config = call.configuration(std::move(flags));
  if (!config) return exit_code::configuration;
  auto& world = call.world();
  return static_cast<exit_code>(options.supervise ? world.supervise_node(*config)
                                                  : world.run_node(std::move(*config), options.once));
}

}  // namespace

void add_run_command(CLI::App& root, invocation& call) {
  auto options = std::make_shared<run_options>();
  auto& verb = add_verb(root, "run", "a node in the foreground, until SIGTERM drains it");
  verb.add_option("--node-name", options->name, "instead of [node] name")->type_name("N");
  verb.add_option(
          "--cell", options->cells,
          "serve the database of this configuration by a node process of its own; give it once for each")
      ->type_name("F");
  verb.add_flag(
      "--once", options->once,
      "run what is due in the partitions that this node is given, then drain and exit 0; what other "
      "nodes own is theirs, and what is paused, retried later, or has no action here stays");
  verb.add_flag(
      "--supervise", options->supervise,
      "start the node again when it crashes, after 0.2 s doubling to 5 s; gives up after 10 crashes "
      "within 10 s of a start in a row; ends with the node on exit 0, 2, 5 and 78");
  verb.callback(
      [&call, options] { call.chosen = [options](invocation& now) { return run(now, *options); }; });
}

}  // namespace weir::app
