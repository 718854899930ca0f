// The configuration file.
#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "configuration.hpp"

using namespace weir::fuzz;

namespace {

/// A mistake of a file is at a line that the file has.
void check_place(const std::string& where, std::int64_t lines) {
  if (where.rfind("weir.toml:", 0) != 0) return hold(where == "weir.toml", "a mistake is in the file");
  std::int64_t line = 0;
  std::from_chars(where.data() + 10, where.data() + where.size(), line);
  hold(line >= 1 && line <= lines, "a mistake is at a line of the file");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const scratch folder{"weir.toml"};
  const auto text = text_of(data, size);
  // Other files of this machine are none of an input's business.
  if (text.find("_file") != std::string_view::npos) return 0;
  folder.write(text);
  const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
  for (const auto& mistake : weir::config::load(sources_in(folder)).mistakes)
    check_place(mistake.where, lines);
  check_configuration(folder, sources_in(folder));
  return 0;
}
