// weir completion bash|zsh|fish, and the manual page from the same tree
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli/commands.hpp"
#include "app/cli/completion.hpp"
#include "app/cli/man_page.hpp"
#include "config/suggest.hpp"

namespace weir::app {

namespace {

constexpr const char* manual = "man";

exit_code print_script(invocation& call, const CLI::App& root, const std::string& shell) {
  if (shell == manual) {
    call.print(man_page(root));
    return exit_code::ok;
  }
  const auto& known = completed_shells();
  if (std::find(known.begin(), known.end(), shell) == known.end())
    return call.usage("completion " + shell + ": write bash, zsh, fish or man" +
                      config::did_you_mean(shell, known));
  call.print(completion_script(root, shell));
  return exit_code::ok;
}

}  // namespace

void add_completion_command(CLI::App& root, invocation& call) {
  auto shell = std::make_shared<std::string>();
  auto& verb =
      add_verb(root, "completion", "a shell's completion script, or the manual page, on standard output");
  std::string words;
  for (const auto& one : completed_shells()) words += one + "|";
  verb.add_option("shell", *shell, "source <(weir completion bash); weir completion fish | source")
      ->required()
      ->type_name(words + manual);
  verb.callback([&call, &root, shell] {
    call.chosen = [&root, shell](invocation& now) { return print_script(now, root, *shell); };
  });
}

}  // namespace weir::app
