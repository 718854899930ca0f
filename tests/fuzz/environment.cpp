// Variables and flags of a process: a line "NAME=VALUE" is a variable, "--PATH=VALUE" a flag.
#include <nlohmann/json.hpp>

#include "config/toml_reader.hpp"
#include "configuration.hpp"

using namespace weir::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const scratch folder{"weir.toml"};
  const auto text = text_of(data, size);
  // As above: neither other files, nor other configurations. A process has no NUL in either.
  for (const char* const never : {"_file", "_FILE", "WEIR_CONFIG"})
    if (text.find(never) != std::string_view::npos) return 0;
  if (text.find('\0') != std::string_view::npos) return 0;
  auto from = sources_in(folder);
  for (const auto line : parts(text, '\n')) {
    const auto sign = line.find('=');
    if (sign == std::string_view::npos || sign == 0) continue;
    const std::string value{line.substr(sign + 1)};
    static_cast<void>(weir::config::parse_toml_value(value));
    if (line.rfind("--", 0) == 0)
      from.flags.emplace(line.substr(2, sign - 2), value);
    else
      from.environment.emplace(line.substr(0, sign), value);
  }
  folder.write("");
  check_configuration(folder, from);
  return 0;
}
