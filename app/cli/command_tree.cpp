#include "app/cli/command_tree.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

namespace weir::app {

namespace {

std::vector<std::string> choices_of(const std::string& value) {
  std::vector<std::string> out;
  if (value.find('|') == std::string::npos) return out;
  for (std::size_t from = 0; from <= value.size();) {
    const auto bar = std::min(value.find('|', from), value.size());
    out.push_back(value.substr(from, bar - from));
    from = bar + 1;
  }
  return out;
}

void walk(const CLI::App& app, std::vector<spoken_command>& out) {
  spoken_command found;
  found.path = path_of(app);
  found.description = app.get_description();
  for (const auto* sub : app.get_subcommands({}))
    found.commands.emplace_back(sub->get_name(), sub->get_description());
  for (const auto* option : app.get_options()) {
    if (option->get_name() == "--help") continue;
    (option->get_positional() ? found.arguments : found.options).push_back(spoken(*option));
  }
  out.push_back(std::move(found));
  for (const auto* sub : app.get_subcommands({})) walk(*sub, out);
}

}  // namespace

std::string path_of(const CLI::App& app) {
  const auto* parent = app.get_parent();
  return parent == nullptr ? app.get_name() : path_of(*parent) + " " + app.get_name();
}

spoken_option spoken(const CLI::Option& option) {
  spoken_option out;
  for (const auto& name : option.get_snames()) out.words.push_back("-" + name);
  for (const auto& name : option.get_lnames()) out.words.push_back("--" + name);
  if (option.get_items_expected_max() > 0) out.value = option.get_type_name();
  out.description = option.get_description();
  out.needed = option.get_required();
  out.many = option.get_items_expected_max() > 1;
  // an optional value is written with "=", any other with a blank
  out.takes_next_word = option.get_items_expected_min() > 0 && (out.value.empty() || out.value[0] != '[');
  out.choices = choices_of(out.value);
  out.file = out.value == "F";
  return out;
}

std::string option_text(const spoken_option& option) {
  std::string out;
  for (const auto& word : option.words) out += (out.empty() ? "" : ", ") + word;
  if (!option.value.empty()) out += (option.value[0] == '[' ? "" : " ") + option.value;
  return out;
}

std::string argument_text(const spoken_option& argument) {
  const std::string name = argument.value + (argument.many ? "..." : "");
  return argument.needed ? name : "[" + name + "]";
}

std::vector<spoken_command> spoken_commands(const CLI::App& root) {
  std::vector<spoken_command> out;
  walk(root, out);
  return out;
}

}  // namespace weir::app
