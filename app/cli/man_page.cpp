#include "app/cli/man_page.hpp"

#include <CLI/CLI.hpp>

#include "app/cli/command_tree.hpp"
#include "app/cli/exit_code.hpp"

namespace weir::app {

namespace {

/// As text: nothing in it is a request or a dash of typography.
std::string troff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (out.empty() && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

void entry(std::string& out, const std::string& term, const std::string& meaning) {
  out += ".TP\n.B " + troff(term) + "\n" + troff(meaning) + "\n";
}

void command(std::string& out, const spoken_command& one) {
  std::string usage = "\\fB" + troff(one.path) + "\\fR";
  for (const auto& argument : one.arguments) usage += " \\fI" + troff(argument_text(argument)) + "\\fR";
  out += ".SS " + troff(one.path) + "\n" + usage + "\n.PP\n" + troff(one.description) + "\n";
  for (const auto& argument : one.arguments) entry(out, argument.value, argument.description);
  for (const auto& option : one.options) entry(out, option_text(option), option.description);
}

struct meaning {
  exit_code code;
  const char* what;
};
constexpr meaning meanings[] = {
    {exit_code::ok, "done"},
    {exit_code::failed, "it was tried and did not succeed"},
    {exit_code::usage, "wrong arguments"},
    {exit_code::not_found, "there is no such task, node, stream, schedule"},
    {exit_code::unreachable, "the database or the API cannot be reached"},
    {exit_code::refused, "refused by state: a name is taken, tasks are unfinished, an epoch is stale"},
    {exit_code::problems, "weir doctor found problems"},
    {exit_code::configuration, "bad configuration, or a schema that is missing or of another version"},
    {exit_code::late, "a wait timed out"},
};

}  // namespace

std::string man_page(const CLI::App& root) {
  const auto all = spoken_commands(root);
  const auto& top = all.front();
  std::string out = ".TH WEIR 1 \"\" \"weir " WEIR_VERSION "\" \"User Commands\"\n.SH NAME\nweir \\- ";
  out += troff(top.description.substr(top.description.find(' ') + 1)) + "\n";
  out +=
      ".SH SYNOPSIS\n.B weir\n.I COMMAND\n.RI [ options ]\n.SH DESCRIPTION\n"
      "Commands work on the database of the configuration and need no running node; with an address of a "
      "node's "
      "API at \\fB\\-\\-url\\fR some of them go through it.\n"
      ".SH OPTIONS\nBefore or after any command:\n";
  for (const auto& option : top.options) entry(out, option_text(option), option.description);
  entry(out, "-h, --help", "how a command is used");
  out += ".SH COMMANDS\n";
  for (const auto& one : all)
    if (one.commands.empty()) command(out, one);
  out += ".SH EXIT STATUS\n";
  for (const auto& one : meanings) entry(out, std::to_string(number(one.code)), one.what);
  out += ".SH ENVIRONMENT\n";
  entry(out, "WEIR_CONFIG", "the configuration file, where --config is not given");
  entry(out, "WEIR_SECTION__KEY", "any key of the configuration, such as WEIR_NODE__NAME");
  entry(out, "WEIR_DATABASE_URL, DATABASE_URL, PG*", "the database");
  entry(out, "WEIR_TOKEN", "the token for the API");
  entry(out, "NO_COLOR", "no colours");
  out += ".SH FILES\n";
  entry(out, "./weir.toml, /etc/weir/weir.toml", "the configuration");
  return out;
}

}  // namespace weir::app
