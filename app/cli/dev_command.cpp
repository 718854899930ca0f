// weir dev: everything in one process. Its runner processes are started by this same command line, too.
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli/commands.hpp"

namespace weir::app {

namespace {

/// A source is the node's own database where nobody says another one, and here is none.
void check_sources(config::loaded& found) {
  for (const action_config& action : found.config.actions) {
    if (action.kind != action_config::type::cdc || action.settings.count("source_url") != 0) continue;
    const std::string key = "action." + action.name + ".source_url";
    const auto origin = found.config.origins.find("action." + action.name + ".type");
    found.mistakes.push_back({origin == found.config.origins.end() ? key : origin->second,
                              "'" + key + "' is missing: weir dev has no database of its own to read"});
  }
}

exit_code dev(invocation& call, bool demo) {
  dev_wish wish;
  wish.demo = demo;
  wish.working_directory = call.surroundings().working_directory;
  wish.say = [&call](const std::string& line) { call.say(line); };
  auto found = config::load(without_database(call.config_sources()));
  check_sources(found);
  if (!found.mistakes.empty()) {
    call.surroundings().err << config::describe(found.mistakes);
    return exit_code::configuration;
  }
  settle_for_dev(found.config, wish.working_directory);
  return static_cast<exit_code>(call.world().run_dev(std::move(found.config), wish));
}

}  // namespace

void add_dev_command(CLI::App& root, invocation& call) {
  auto demo = std::make_shared<bool>(false);
  auto& verb = add_verb(root, "dev",
                        "one process without any server: embedded store, API and dashboard, for one machine");
  verb.add_flag("--demo", *demo,
                "with streams, actions and a schedule of its own, and tasks that keep coming");
  verb.callback([&call, demo] { call.chosen = [demo](invocation& now) { return dev(now, *demo); }; });
}

}  // namespace weir::app
