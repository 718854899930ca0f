// weir config check|show|init|schema|reload
#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/api_client.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/new_files.hpp"
#include "app/cli/status_warnings.hpp"
#include "config/schema.hpp"
#include "config/starter.hpp"

namespace weir::app {

namespace {

namespace fs = std::filesystem;

ordered_json check_json(const config::loaded& found) {
  auto mistakes = ordered_json::array();
  for (const auto& one : found.mistakes) mistakes.push_back({{"where", one.where}, {"text", one.text}});
  return {{"file", found.config.file.empty() ? ordered_json(nullptr) : ordered_json(found.config.file)},
          {"mistakes", std::move(mistakes)},
          {"notes", found.config.notes}};
}

// Needs no database: everything that can be known without one is checked.
exit_code check(invocation& call) {
  const auto found = config::load(call.config_sources());
  if (!found.mistakes.empty()) call.surroundings().err << config::describe(found.mistakes);
  if (!call.wants_table()) call.print_json(check_json(found));
  if (!found.mistakes.empty()) return exit_code::configuration;
  for (const auto& note : found.config.notes) call.say("note: " + note);
  if (call.wants_table()) {
    call.print(
        (found.config.file.empty() ? std::string{"no configuration file"} : printable(found.config.file)) +
        ": ok\n");
  }
  return exit_code::ok;
}

exit_code show(invocation& call, bool with_origin) {
  const auto config = call.configuration();
  if (!config) return exit_code::configuration;
  if (call.wants_table())
    call.print(config::show(*config, with_origin));
  else
    call.print_json(squeezed(config::show_json(*config, with_origin)));
  return exit_code::ok;
}

struct init_options {
  std::string out = "weir.toml";
  bool replace = false;
};

/// The old file stays beside the new one. @errors invalid
result<void> set_aside(const fs::path& file) {
  std::error_code failed;
  fs::rename(file, file.string() + ".old", failed);
  if (failed) return error{errc::invalid, file.string() + ": " + failed.message()};
  return {};
}

exit_code init(invocation& call, const init_options& given) {
  const std::string text = config::starter();
  if (given.out == "-") {
    call.print(text);
    return exit_code::ok;
  }
  const fs::path file = fs::path{call.surroundings().working_directory} / given.out;
  const bool there = fs::exists(fs::symlink_status(file));
  if (there && !given.replace) {
    return call.fail({errc::conflict, file.string() +
                                          " exists, and is left as it is; --replace keeps it as " +
                                          file.filename().string() + ".old"});
  }
  if (there) {
    if (const auto moved = set_aside(file); !moved) return call.fail(moved.error());
    call.say(file.string() + " is now " + file.string() + ".old");
  }
  if (const auto made = make_files(file.parent_path().string(), {{file.string(), text}}); !made)
    return call.fail(made.error());
  if (call.wants_table())
    call.say(file.string() + " is written: take the # away from what you need, then weir config check");
  else
    call.print_json(ordered_json{{"file", file.string()}, {"replaced", there}});
  return exit_code::ok;
}

exit_code print_schema(invocation& call) {
  call.print(config::json_schema());
  return exit_code::ok;
}

/// What a node said, or did not.
struct reload_answer {
  std::string node, address;
  result<std::string> said;
};

std::vector<std::string> texts_of(const ordered_json& list) {
  std::vector<std::string> out;
  for (const auto& one : list) out.push_back(one.get<std::string>());
  return out;
}

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + printable(word);
  return out.empty() ? "nothing" : out;
}

exit_code show_answers(invocation& call, const std::vector<reload_answer>& answers) {
  auto items = ordered_json::array();
  exit_code worst = exit_code::ok;
  for (const auto& one : answers) {
    if (!one.said) {
      const auto code = exit_code_of(one.said.error().code);
      worst = one.said.error().code == errc::invalid ? exit_code::configuration : code;
      call.complain((one.node.empty() ? one.address : "node " + one.node) + ": " + one.said.error().message);
      continue;
    }
    auto said = ordered_json::parse(*one.said);
    if (call.wants_table()) {
      call.print("node " + printable(said.value("node", one.node)) + " has read " +
                 printable(said.value("file", "")) +
                 "\n  in force now:    " + listed(texts_of(said["applied"])) +
                 "\n  needs a restart: " + listed(texts_of(said["needs_restart"])) + "\n");
    }
    items.push_back(std::move(said));
  }
  if (!call.wants_table()) call.print_list(ordered_json{{"items", std::move(items)}});
  return worst;
}

/// Every node that lives and serves HTTP; of the others it is said how they are told.
exit_code reload(invocation& call) {
  if (call.by_api())
    return show_answers(call, {{"", call.globals.url, call.ask_api("POST", "/config:reload")}});
  std::vector<reload_answer> answers;
  const auto looked = call.with_console([&](open_console& console) {
    const auto rows = console.store->rows();
    if (!rows) return call.fail(rows.error());
    for (const auto& node : rows->nodes) {
      if (!is_alive(node.state)) continue;
      if (node.facts.http.empty()) {
        answers.push_back({node.facts.name, "",
                           error{errc::refused,
                                 "serves no HTTP; send its process a SIGHUP, as kill -HUP PID or "
                                 "systemctl reload"}});
        continue;
      }
      const std::string base = "http://" + node.facts.http + console.config.http.base_path;
      answers.push_back({node.facts.name, base, ask_node(call, base, "POST", "/config:reload")});
    }
    return exit_code::ok;
  });
  if (looked != exit_code::ok) return looked;
  if (answers.empty()) return call.fail({errc::not_found, "no node is running"});
  return show_answers(call, answers);
}

}  // namespace

void add_config_commands(CLI::App& root, invocation& call) {
  auto& noun = add_noun(root, "config", "the configuration: check, show, init, schema, reload");
  auto& checking = add_verb(noun, "check", "every mistake at once, without a database; exit 78 on any");
  checking.callback([&call] { call.chosen = check; });
  auto origin = std::make_shared<bool>(false);
  auto& showing = add_verb(noun, "show", "what is in force, secrets masked");
  showing.add_flag("--origin", *origin, "and where each value came from");
  showing.callback(
      [&call, origin] { call.chosen = [origin](invocation& now) { return show(now, *origin); }; });

  auto given = std::make_shared<init_options>();
  auto& making = add_verb(noun, "init", "write a first weir.toml with every key, commented out");
  making.add_option("--out", given->out, "the file (default weir.toml); - prints it")->type_name("F");
  making.add_flag("--replace", given->replace, "keep a file that is there as F.old, and write a new one");
  making.callback([&call, given] { call.chosen = [given](invocation& now) { return init(now, *given); }; });

  auto& describing = add_verb(noun, "schema", "the configuration as a JSON Schema, for editors");
  describing.callback([&call] { call.chosen = print_schema; });

  auto& again =
      add_verb(noun, "reload", "let all nodes (--url http://...: one) read their configuration again");
  again.callback([&call] { call.chosen = reload; });
}

}  // namespace weir::app
