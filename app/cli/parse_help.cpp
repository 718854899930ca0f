// Help pages of our own (CLI11's repeat every global option on each page) and "did you mean".
#include "app/cli/parse_help.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "app/cli/cell_text.hpp"
#include "app/cli/command_tree.hpp"
#include "config/suggest.hpp"
#include "domain/duration_text.hpp"
#include "domain/task_bounds.hpp"

namespace weir::app {

namespace {

using entry = std::pair<std::string, std::string>;

void section(std::string& out, const std::string& title, const std::vector<entry>& entries) {
  if (entries.empty()) return;
  int widest = 0;
  for (const auto& one : entries) widest = std::max(widest, display_width(one.first));
  out += "\n" + title + "\n";
  for (const auto& [left, right] : entries) {
    const int fill = widest - display_width(left) + 2;
    out += "  " + left + std::string(static_cast<std::size_t>(fill), ' ') + right + "\n";
  }
}

std::vector<entry> options_of(const CLI::App& app) {
  std::vector<entry> out;
  for (const auto* option : app.get_options()) {
    if (option->get_positional() || option->get_name() == "--help") continue;
    out.emplace_back(option_text(spoken(*option)), option->get_description());
  }
  return out;
}

const CLI::App* find_command(const CLI::App& app, const std::string& name) {
  for (const auto* sub : app.get_subcommands({}))
    if (sub->check_name(name)) return sub;
  return nullptr;
}

std::vector<std::string> words_of(const CLI::App& app) {
  std::vector<std::string> out;
  for (const auto* sub : app.get_subcommands({})) out.push_back(sub->get_name());
  return out;
}

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> out;
  for (const auto* at = &app; at != nullptr; at = at->get_parent()) {
    for (const auto* option : at->get_options()) {
      for (const auto& name : option->get_snames()) out.push_back("-" + name);
      for (const auto& name : option->get_lnames()) out.push_back("--" + name);
    }
  }
  return out;
}

const CLI::Option* find_option(const CLI::App& app, const std::string& flag) {
  for (const auto* at = &app; at != nullptr; at = at->get_parent()) {
    for (const auto* option : at->get_options())
      if (option->check_name(flag)) return option;
  }
  return nullptr;
}

std::string flag_name(const std::string& arg) {
  if (arg.rfind("--", 0) == 0) return arg.substr(0, arg.find('='));
  return arg.substr(0, 2);
}

bool is_flag(const std::string& arg) { return arg.size() > 1 && arg[0] == '-'; }

// Follows the words of `args` down the tree; stops at the first one that is no command where one is due.
struct walked {
  const CLI::App* at;
  const std::string* stray = nullptr;  ///< a word where a command was due
  const std::string* unknown_flag = nullptr;
};

walked walk(const CLI::App& root, const std::vector<std::string>& args) {
  walked found{&root};
  for (std::size_t i = 0; i < args.size(); ++i) {
    const auto& arg = args[i];
    if (arg == "--") break;
    if (is_flag(arg)) {
      const auto* option = find_option(*found.at, flag_name(arg));
      if (option == nullptr) {
        if (found.unknown_flag == nullptr) found.unknown_flag = &arg;
      } else if (spoken(*option).takes_next_word && arg == flag_name(arg)) {
        ++i;  // its value
      }
      continue;
    }
    if (found.at->get_subcommands({}).empty()) continue;
    const auto* next = find_command(*found.at, arg);
    if (next == nullptr) {
      found.stray = &arg;
      return found;
    }
    found.at = next;
  }
  return found;
}

// A duration behind a lone --wait or --watch: their values need a "=".
std::string lone_value(const std::vector<std::string>& args) {
  for (std::size_t i = 0; i + 1 < args.size(); ++i) {
    if (args[i] != "--wait" && args[i] != "--watch") continue;
    if (domain::parse_duration(args[i + 1])) return "write " + args[i] + "=" + args[i + 1];
  }
  return {};
}

// The parser's own sentence, in our words where it names things by their inner names.
std::string reworded(const CLI::App& app, const std::string& complaint) {
  const std::string unexpected = "The following argument was not expected: ";
  if (complaint.rfind(unexpected, 0) == 0) {
    return "unexpected argument " + domain::in_quotes(complaint.substr(unexpected.size()));
  }
  const std::string required = " is required";
  if (complaint.size() > required.size() &&
      complaint.substr(complaint.size() - required.size()) == required) {
    const auto name = complaint.substr(0, complaint.size() - required.size());
    const auto* option = app.get_option_no_throw(name);
    if (option != nullptr && option->get_positional()) return option->get_type_name() + " is missing";
  }
  return complaint;
}

}  // namespace

std::string help_page(const CLI::App& app) {
  std::string out = app.get_description() + "\n\nUsage: " + path_of(app);
  std::vector<entry> positionals;
  for (const auto* option : app.get_options()) {
    if (!option->get_positional()) continue;
    out += " " + argument_text(spoken(*option));
    positionals.emplace_back(option->get_type_name(), option->get_description());
  }
  const auto words = app.get_subcommands({});
  if (!words.empty()) out += " COMMAND";
  out += " [options]\n";
  std::vector<entry> commands;
  commands.reserve(words.size());
  for (const auto* sub : words) commands.emplace_back(sub->get_name(), sub->get_description());
  section(out, "Commands:", commands);
  section(out, "Arguments:", positionals);
  const bool root = app.get_parent() == nullptr;
  section(out, root ? "Options, before or after any command:" : "Options:", options_of(app));
  if (!app.get_footer().empty()) out += "\n" + app.get_footer() + "\n";
  if (!root) out += "\nGlobal options (-o json, --config F, --url U, -q, -v, --yes): see `weir --help`.\n";
  return out;
}

const CLI::App& named_command(const CLI::App& root, const std::vector<std::string>& args) {
  return *walk(root, args).at;
}

std::string explain_parse_error(const CLI::App& root, const std::vector<std::string>& args,
                                const std::string& complaint) {
  const auto found = walk(root, args);
  const auto path = path_of(*found.at);
  const std::string help = "; see `" + path + " --help`";
  if (found.unknown_flag != nullptr) {
    const auto flag = flag_name(*found.unknown_flag);
    return path + ": unknown option " + domain::in_quotes(flag) +
           config::did_you_mean(flag, flags_of(*found.at)) + help;
  }
  if (found.stray != nullptr) {
    return path + ": unknown command " + domain::in_quotes(*found.stray) +
           config::did_you_mean(*found.stray, words_of(*found.at)) + help;
  }
  if (!found.at->get_subcommands({}).empty()) {
    std::string words;
    for (const auto& word : words_of(*found.at)) words += (words.empty() ? "" : ", ") + word;
    return path + ": a command is missing: one of " + words + help;
  }
  if (const auto hint = lone_value(args); !hint.empty()) return path + ": " + hint;
  return path + ": " + reworded(*found.at, complaint) + help;
}

}  // namespace weir::app
