// weir run: a node in the foreground. Checks of database and schema are the node's own: the same command
// line also starts its runner processes, which have no database.
#include <map>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli/commands.hpp"

namespace weir::app {

namespace {

exit_code run(invocation& call, const std::string& name) {
  std::map<std::string, std::string> flags;
  if (!name.empty()) flags["node.name"] = name;
  auto config = call.configuration(std::move(flags));
  if (!config) return exit_code::configuration;
  return static_cast<exit_code>(call.world().run_node(std::move(*config)));
}

}  // namespace

void add_run_command(CLI::App& root, invocation& call) {
  auto name = std::make_shared<std::string>();
  auto& verb = add_verb(root, "run", "a node in the foreground, until SIGTERM drains it");
  verb.add_option("--node-name", *name, "instead of [node] name")->type_name("N");
  verb.callback([&call, name] { call.chosen = [name](invocation& now) { return run(now, *name); }; });
}

}  // namespace weir::app
