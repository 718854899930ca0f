// Each script has the same three tables (what follows a command, which words are options with a value, what values
// those have) and the same walk over the words typed so far; only how a shell is told differs.
#include "app/cli/completion.hpp"

#include <CLI/CLI.hpp>
#include <weir/assert.hpp>

#include "app/cli/command_tree.hpp"

namespace weir::app {

namespace {

using strings = std::vector<std::string>;

/// In single quotes of a POSIX shell and of zsh.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
  return out + "'";
}

/// In single quotes of fish, where only \ and ' mean something.
std::string fish_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += (c == '\'' || c == '\\' ? std::string{"\\"} : std::string{}) + c;
  return out + "'";
}

std::string joined(const strings& words, const std::string& between) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

/// All options that a command understands: its own and those of the commands above it.
std::vector<spoken_option> understood(const std::vector<spoken_command>& all, const spoken_command& at) {
  std::vector<spoken_option> out;
  for (const auto& one : all) {
    const bool above = at.path == one.path || at.path.rfind(one.path + " ", 0) == 0;
    if (above) out.insert(out.end(), one.options.begin(), one.options.end());
  }
  return out;
}

/// `PATH WORD` of every option whose value is the next word.
strings with_value(const std::vector<spoken_command>& all, const spoken_command& at) {
  strings out;
  for (const auto& option : understood(all, at)) {
    if (!option.takes_next_word) continue;
    for (const auto& word : option.words) out.push_back(at.path + " " + word);
  }
  return out;
}

/// The walk, for bash and zsh: sets `at` to the command typed so far, `asked` to the option whose value is due.
std::string walk_in_shell(const std::vector<spoken_command>& all, const std::string& words, int first,
                          const std::string& last) {
  strings commands;
  strings options;
  for (const auto& one : all) {
    for (const auto& [name, _] : one.commands) commands.push_back(quoted(one.path + " " + name));
    for (const auto& option : with_value(all, one)) options.push_back(quoted(option));
  }
  return "  for ((i = " + std::to_string(first) + "; i < " + last + "; i++)); do\n    word=${" + words +
         "[i]}\n"
         "    if [[ $word == = ]]; then continue; fi\n"
         "    if [[ -n $asked ]]; then asked=; continue; fi\n"
         "    case \"$at $word\" in\n      " +
         joined(commands, " | ") + ")\n        at=\"$at $word\" ;;\n      " + joined(options, " | ") +
         ")\n        asked=$word ;;\n    esac\n  done\n";
}

std::string bash_script(const std::vector<spoken_command>& all) {
  std::string follows;
  std::string values;
  for (const auto& one : all) {
    strings words;
    for (const auto& [name, _] : one.commands) words.push_back(name);
    for (const auto& argument : one.arguments)
      words.insert(words.end(), argument.choices.begin(), argument.choices.end());
    for (const auto& option : understood(all, one))
      words.insert(words.end(), option.words.begin(), option.words.end());
    words.insert(words.end(), {"-h", "--help"});
    follows += "    " + quoted(one.path) + ") words=" + quoted(" " + joined(words, " ")) + " ;;\n";
    for (const auto& option : one.options) {
      if (!option.takes_next_word || (option.choices.empty() && !option.file)) continue;
      strings patterns;
      for (const auto& word : option.words) patterns.push_back(quoted(one.path) + "*" + quoted(" " + word));
      values += "    " + joined(patterns, " | ") + ") " +
                (option.file ? "files=yes" : "words=" + quoted(joined(option.choices, " "))) + " ;;\n";
    }
  }
  return "# weir: completion for bash. Load it with: source <(weir completion bash)\n"
         "_weir() {\n"
         "  local at=weir asked= word= words= files= i cur=${COMP_WORDS[COMP_CWORD]}\n"
         "  COMPREPLY=()\n" +
         walk_in_shell(all, "COMP_WORDS", 1, "COMP_CWORD") +
         "  if [[ $cur == = ]]; then cur=; fi\n"
         "  if [[ -n $asked ]]; then\n    case \"$at $asked\" in\n" +
         values +
         "    esac\n"
         "    if [[ -n $files ]]; then COMPREPLY=($(compgen -f -- \"$cur\")); return; fi\n"
         "  else\n    case $at in\n" +
         follows +
         "    esac\n    if [[ $cur != -* ]]; then words=${words%% -*}; fi\n  fi\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "}\n"
         "complete -o filenames -o bashdefault -F _weir weir\n";
}

/// `word:description` for zsh's _describe, where a colon ends the word.
std::string zsh_entry(const std::string& word, const std::string& description) {
  return quoted(word + ":" + description);
}

std::string zsh_script(const std::vector<spoken_command>& all) {
  std::string follows;
  std::string values;
  for (const auto& one : all) {
    strings commands;
    strings options;
    for (const auto& [name, what] : one.commands) commands.push_back(zsh_entry(name, what));
    for (const auto& argument : one.arguments)
      for (const auto& choice : argument.choices) commands.push_back(zsh_entry(choice, argument.description));
    for (const auto& option : understood(all, one))
      for (const auto& word : option.words) options.push_back(zsh_entry(word, option.description));
    options.push_back(zsh_entry("--help", "how it is used"));
    follows += "    " + quoted(one.path) + ")\n      commands=(" + joined(commands, " ") +
               ")\n      options=(" + joined(options, " ") + ") ;;\n";
    for (const auto& option : one.options) {
      if (!option.takes_next_word || (option.choices.empty() && !option.file)) continue;
      strings patterns;
      for (const auto& word : option.words) patterns.push_back(quoted(one.path) + "*" + quoted(" " + word));
      values += "      " + joined(patterns, " | ") + ") " +
                (option.file ? std::string{"_files"} : "compadd -- " + joined(option.choices, " ")) + " ;;\n";
    }
  }
  return "#compdef weir\n"
         "# weir: completion for zsh. Put it as _weir into a folder of $fpath, or: source <(weir completion "
         "zsh)\n"
         "_weir() {\n"
         "  local at=weir asked= word= i\n"
         "  local -a commands options\n" +
         walk_in_shell(all, "words", 2, "CURRENT") +
         "  if [[ -n $asked ]]; then\n    case \"$at $asked\" in\n" + values +
         "    esac\n    return\n  fi\n"
         "  case $at in\n" +
         follows +
         "  esac\n"
         "  if [[ ${words[CURRENT]} == -* ]]; then _describe option options; return; fi\n"
         "  if ((${#commands})); then _describe command commands; return; fi\n"
         "  _default\n"
         "}\n"
         "if [[ ${funcstack[1]-} == _weir ]]; then _weir \"$@\"; else compdef _weir weir; fi\n";
}

std::string fish_script(const std::vector<spoken_command>& all) {
  strings commands;
  strings with_values;
  std::string lines;
  for (const auto& one : all) {
    const std::string here = "complete -c weir -n " + fish_quoted("__weir_at " + fish_quoted(one.path));
    const std::string below = "complete -c weir -n " + fish_quoted("__weir_below " + fish_quoted(one.path));
    for (const auto& [name, what] : one.commands) {
      commands.push_back(fish_quoted(one.path + " " + name));
      lines += here + " -f -a " + fish_quoted(name) + " -d " + fish_quoted(what) + "\n";
    }
    for (const auto& argument : one.arguments) {
      for (const auto& choice : argument.choices)
        lines += here + " -f -a " + fish_quoted(choice) + " -d " + fish_quoted(argument.description) + "\n";
    }
    for (const auto& word : with_value(all, one)) with_values.push_back(fish_quoted(word));
    for (const auto& option : one.options) {
      lines += below;
      for (const auto& word : option.words)
        lines += word.rfind("--", 0) == 0 ? " -l " + word.substr(2) : " -s " + word.substr(1);
      if (option.takes_next_word) lines += option.file ? " -r -F" : " -x";
      if (!option.choices.empty()) lines += " -a " + fish_quoted(joined(option.choices, " "));
      lines += " -d " + fish_quoted(option.description) + "\n";
    }
  }
  return "# weir: completion for fish. Load it with: weir completion fish | source\n"
         "function __weir_path\n"
         "  set -l at weir\n"
         "  set -l asked no\n"
         "  set -l words (commandline -opc)\n"
         "  set -e words[1]\n"
         "  for word in $words\n"
         "    if test $asked = yes\n      set asked no\n      continue\n    end\n"
         "    switch \"$at $word\"\n"
         "      case " +
         joined(commands, " ") + "\n        set at \"$at $word\"\n      case " + joined(with_values, " ") +
         "\n        set asked yes\n    end\n  end\n  echo $at\nend\n"
         "function __weir_at\n  test (__weir_path) = $argv[1]\nend\n"
         "function __weir_below\n  set -l at (__weir_path)\n"
         "  test $at = $argv[1]; or string match -q -- \"$argv[1] *\" $at\nend\n" +
         lines;
}

}  // namespace

const strings& completed_shells() {
  static const strings shells{"bash", "zsh", "fish"};
  return shells;
}

std::string completion_script(const CLI::App& root, const std::string& shell) {
  const auto all = spoken_commands(root);
  if (shell == "bash") return bash_script(all);
  if (shell == "zsh") return zsh_script(all);
  WEIR_ASSERT(shell == "fish");
  return fish_script(all);
}

}  // namespace weir::app
