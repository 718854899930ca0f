// What holds of every configuration, wherever it came from.
#pragma once

#include "config/load.hpp"
#include "hold.hpp"
#include "scratch.hpp"

namespace weir::fuzz {

/// Sources that take nothing from this machine.
inline config::sources sources_in(const scratch& folder) {
  config::sources from;
  from.file = "weir.toml";
  from.working_directory = folder.folder();
  from.home = "/users/someone";
  from.root = false;
  from.hostname = "host-1";
  return from;
}

/// Loads; a configuration without mistakes is shown, and what is shown is loaded again.
inline void check_configuration(const scratch& folder, const config::sources& from) {
  const auto first = config::load(from);
  for (const auto& [where, text] : first.mistakes) {
    hold(!where.empty(), "a mistake says where");
    hold_message(text);
  }
  if (!first.mistakes.empty()) return;
  const std::string shown = config::show(first.config, false);
  hold(nlohmann::json::accept(config::show_json(first.config, true)), "a configuration is shown as JSON");
  folder.write(shown);
  const auto again = config::load(sources_in(folder));
  if (!again.mistakes.empty())
    std::fprintf(stderr, "%s---\n%s", config::describe(again.mistakes).c_str(), shown.c_str());
  hold(again.mistakes.empty(), "a configuration that is shown is accepted");
  hold(config::show(again.config, false) == shown, "a configuration that is shown is read as the same");
}

}  // namespace weir::fuzz
