// weir config check|show
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/commands.hpp"

namespace weir::app {

namespace {

ordered_json check_json(const config::loaded& found) {
  auto mistakes = ordered_json::array();
  for (const auto& one : found.mistakes) mistakes.push_back({{"where", one.where}, {"text", one.text}});
  return {{"file", found.config.file.empty() ? ordered_json(nullptr) : ordered_json(found.config.file)},
          {"mistakes", std::move(mistakes)},
          {"notes", found.config.notes}};
}

// Needs no database: everything that can be known without one is checked.
exit_code check(invocation& call) {
  const auto found = config::load(call.config_sources());
  if (!found.mistakes.empty()) call.surroundings().err << config::describe(found.mistakes);
  if (!call.wants_table()) call.print_json(check_json(found));
  if (!found.mistakes.empty()) return exit_code::configuration;
  for (const auto& note : found.config.notes) call.say("note: " + note);
  if (call.wants_table()) {
    call.print(
        (found.config.file.empty() ? std::string{"no configuration file"} : printable(found.config.file)) +
        ": ok\n");
  }
  return exit_code::ok;
}

exit_code show(invocation& call, bool with_origin) {
  const auto config = call.configuration();
  if (!config) return exit_code::configuration;
  if (call.wants_table())
    call.print(config::show(*config, with_origin));
  else
    call.print_json(squeezed(config::show_json(*config, with_origin)));
  return exit_code::ok;
}

}  // namespace

void add_config_commands(CLI::App& root, invocation& call) {
  auto& noun = add_noun(root, "config", "the configuration: check, show");
  auto& checking = add_verb(noun, "check", "every mistake at once, without a database; exit 78 on any");
  checking.callback([&call] { call.chosen = check; });
  auto origin = std::make_shared<bool>(false);
  auto& showing = add_verb(noun, "show", "what is in force, secrets masked");
  showing.add_flag("--origin", *origin, "and where each value came from");
  showing.callback(
      [&call, origin] { call.chosen = [origin](invocation& now) { return show(now, *origin); }; });
}

}  // namespace weir::app
