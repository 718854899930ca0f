// weir token create|list|revoke: the tokens of the configured http.tokens_file.
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli/commands.hpp"
#include "app/cli/table.hpp"
#include "domain/names.hpp"
#include "domain/task_bounds.hpp"
#include "domain/time_text.hpp"
#include "http/token_file.hpp"

namespace weir::app {

namespace {

using entries = std::vector<http::token_entry>;

/// Where the file is or shall be; nullopt, having said why: the configuration does not tell.
std::optional<std::string> tokens_file(invocation& call) {
  const auto config = call.configuration();
  if (!config) return std::nullopt;
  if (!config->http.tokens_file.empty()) return config->http.tokens_file;
  call.complain("http.tokens_file is not set: name the file in [http], then create a token");
  return std::nullopt;
}

exit_code fail(invocation& call, const error& why) {
  if (why.code != errc::invalid) return call.fail(why);
  call.complain(why.message);  // a line of the file
  return exit_code::configuration;
}

entries::iterator find_name(entries& known, const std::string& name) {
  return std::find_if(known.begin(), known.end(), [&](const auto& each) { return each.name == name; });
}

exit_code create(invocation& call, const std::string& name, const std::string& role) {
  if (const auto good = domain::check_name("token", name); !good) return call.fail(good.error());
  if (name.find(' ') != std::string::npos) return call.usage("token create: the name must have no blank");
  const auto may = http::parse_role(role);
  if (!may)
    return call.usage("--role: " + domain::in_quotes(role) + " is no role; write viewer, operator or admin");
  const auto file = tokens_file(call);
  if (!file) return exit_code::configuration;
  const std::string token = http::make_token();
  const std::string created = domain::format_time(call.surroundings().now());
  const auto added = http::change_tokens(*file, [&](entries& known) -> result<void> {
    if (find_name(known, name) != known.end())
      return error{errc::conflict, "there is a token " + name + "; to replace it: weir token revoke " + name};
    known.push_back({name, *may, http::token_hash(token), created});
    return {};
  });
  if (!added) return fail(call, added.error());
  call.say("token " + name + " may what " + (role == "viewer" ? "a " : "an ") + role +
           " may; it is shown now and never again");
  if (call.wants_table())
    call.print(token + "\n");
  else
    call.print_json(ordered_json{{"name", name}, {"role", role}, {"token", token}, {"created_at", created}});
  return exit_code::ok;
}

exit_code list(invocation& call) {
  const auto file = tokens_file(call);
  if (!file) return exit_code::configuration;
  auto read = http::read_tokens(*file);
  if (!read && read.error().code != errc::not_found) return fail(call, read.error());
  const entries known = read ? std::move(*read) : entries{};
  if (!call.wants_table()) {
    ordered_json items = ordered_json::array();
    for (const auto& each : known)
      items.push_back(
          {{"name", each.name}, {"role", http::to_string(each.may)}, {"created_at", each.created}});
    call.print_list({{"items", std::move(items)}, {"next", nullptr}});
    return exit_code::ok;
  }
  table rows{{{{"TOKEN"}}, {{"ROLE"}}, {{"CREATED"}}}};
  for (const auto& each : known)
    rows.add({{{printable(each.name), look::bold}}, {http::to_string(each.may)}, {each.created}});
  call.print(rows.text(call.surroundings().colour(), call.width()));
  return exit_code::ok;
}

exit_code revoke(invocation& call, const std::string& name) {
  const auto file = tokens_file(call);
  if (!file) return exit_code::configuration;
  const auto taken = http::change_tokens(*file, [&](entries& known) -> result<void> {
    const auto found = find_name(known, name);
    if (found == known.end())
      return error{errc::not_found, "there is no token " + domain::in_quotes(name) + " in " + *file};
    known.erase(found);
    return {};
  });
  if (!taken) return fail(call, taken.error());
  call.say("token " + name + " is refused from now on, within a second");
  return exit_code::ok;
}

}  // namespace

void add_token_commands(CLI::App& root, invocation& call) {
  auto& noun = add_noun(root, "token", "tokens that callers of the HTTP API present: create, list, revoke");
  auto name = std::make_shared<std::string>();
  auto role = std::make_shared<std::string>();
  auto& make = add_verb(noun, "create", "a new token; prints it, once");
  make.add_option("name", *name, "what lists and audit call its holder")->required()->type_name("NAME");
  make.add_option("--role", *role, "viewer (looks), operator (acts), admin (also leader and configuration)")
      ->required()
      ->type_name("viewer|operator|admin");
  make.callback([&call, name, role] {
    call.chosen = [name, role](invocation& now) { return create(now, *name, *role); };
  });
  auto& all = add_verb(noun, "list", "names, roles, and when they were created");
  all.callback([&call] { call.chosen = list; });
  auto& end = add_verb(noun, "revoke", "refuse a token from now on");
  end.add_option("name", *name, "the token's name")->required()->type_name("NAME");
  end.callback([&call, name] { call.chosen = [name](invocation& now) { return revoke(now, *name); }; });
}

}  // namespace weir::app
