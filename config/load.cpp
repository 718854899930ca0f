// Layers, checks, struct: in this order, so that every mistake is found in one go.
#include "config/load.hpp"

#include "config/apply.hpp"
#include "config/files.hpp"
#include "config/process_layers.hpp"
#include "config/rules.hpp"
#include "config/shown_values.hpp"
#include "config/toml_reader.hpp"

namespace weir::config {

loaded load(const sources& from) {
  book values;
  const config_file file = find_file(from, values);
  const bool whole = file.whole && read_toml(file.text, file.name, values);
  read_environment(from.environment, values);
  read_flags(from.flags, values);
  read_twins(values, file.folder);
  check_values(values);

  loaded answer;
  if (!whole) {
    // What seems to be missing may stand in the part of the file that could not be read.
    answer.config.file = file.name;
    answer.mistakes = values.mistakes();
    return answer;
  }
  answer.config = apply(values, file.folder);
  answer.config.file = file.name;
  complete(answer.config, from, values);
  check_rules(answer.config, values);
  add_notes(answer.config);
  for (const auto& shown : shown_values(answer.config))
    answer.config.origins[joined(shown.path)] = shown.origin;
  answer.mistakes = values.mistakes();
  return answer;
}

std::string describe(const std::vector<mistake>& mistakes) {
  std::string text;
  for (const auto& each : mistakes) text += each.where + ": error: " + each.text + "\n";
  return text;
}

}  // namespace weir::config
