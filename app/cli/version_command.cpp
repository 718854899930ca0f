// weir version
#include <CLI/CLI.hpp>

#include "app/cli/commands.hpp"

namespace weir::app {

void add_version_command(CLI::App& root, invocation& call) {
  auto& verb = add_verb(root, "version", "this program's version");
  verb.callback([&call] {
    call.chosen = [](invocation& now) {
      if (now.wants_table())
        now.print("weir " WEIR_VERSION "\n");
      else
        now.print_json(ordered_json{{"version", WEIR_VERSION}});
      return exit_code::ok;
    };
  });
}

}  // namespace weir::app
