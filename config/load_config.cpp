// The process's own sources, and weir::load_config for programs that embed weir.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "config/load.hpp"

namespace weir {

namespace {

constexpr int bad_configuration = 78;  // EX_CONFIG of sysexits.h

// The value of --name VALUE or --name=VALUE at argv[i]; moves i past a value of its own.
bool flag_value(int argc, const char* const* argv, int& i, std::string_view name,
                std::optional<std::string>& value) {
  const std::string_view word = argv[i];
  if (word == name) {
    value = i + 1 < argc ? argv[++i] : "";
    return true;
  }
  if (word.size() > name.size() && word.substr(0, name.size()) == name && word[name.size()] == '=') {
    value = std::string{word.substr(name.size() + 1)};
    return true;
  }
  return false;
}

}  // namespace

namespace config {

sources process_sources() {
  sources from;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view variable{*each};
    const std::size_t sign = variable.find('=');
    if (sign == std::string_view::npos || sign == 0) continue;
    from.environment.emplace(variable.substr(0, sign), variable.substr(sign + 1));
  }
  return from;
}

sources sources_from_process(int argc, const char* const* argv) {
  sources from = process_sources();
  for (int i = 1; i < argc; ++i) {
    if (std::string_view{argv[i]} == "--") break;
    std::optional<std::string> name, url;
    if (flag_value(argc, argv, i, "--config", from.file)) continue;
    if (flag_value(argc, argv, i, "--node-name", name)) from.flags["node.name"] = *name;
    if (flag_value(argc, argv, i, "--url", url)) from.flags["database.url"] = *url;
  }
  return from;
}

}  // namespace config

node_config load_config(int argc, char** argv) {
  auto loaded = config::load(config::sources_from_process(argc, argv));
  if (!loaded.mistakes.empty()) {
    std::fputs(config::describe(loaded.mistakes).c_str(), stderr);
    std::exit(bad_configuration);
  }
  return std::move(loaded.config);
}

}  // namespace weir
