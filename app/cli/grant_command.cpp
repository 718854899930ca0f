// weir db grant ROLE --to NAME, weir db revoke ROLE --from NAME
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli/commands.hpp"

namespace weir::app {

namespace {

exit_code change_grant(invocation& call, const postgres::role_grant& wanted) {
  const auto config = call.configuration();
  if (!config) return exit_code::configuration;
  if (const auto fits = call.check_schema(*config); !fits) return call.fail(fits.error());
  if (const auto done = call.world().change_grant(*config, call.identity(), wanted); !done)
    return call.fail(done.error());
  call.say(wanted.grantee + (wanted.given ? " has the role " : " does not have the role ") + wanted.role +
           (wanted.given ? "" : " any more"));
  if (!call.wants_table()) {
    call.print_json(
        ordered_json{{"role", wanted.role}, {"grantee", wanted.grantee}, {"granted", wanted.given}});
  }
  return exit_code::ok;
}

}  // namespace

void add_grant_commands(CLI::App& db, invocation& call) {
  const auto add = [&](const char* verb, const char* option, bool given, const std::string& help) {
    auto wanted = std::make_shared<postgres::role_grant>();
    wanted->given = given;
    auto& command = add_verb(db, verb, help);
    command
        .add_option("role", wanted->role, "producer (enqueues), reader (looks), node (runs, gives orders)")
        ->required()
        ->type_name("producer|reader|node");
    command.add_option(option, wanted->grantee, "a login or group of the database server")
        ->required()
        ->type_name("NAME");
    command.callback(
        [&call, wanted] { call.chosen = [wanted](invocation& now) { return change_grant(now, *wanted); }; });
  };
  add("grant", "--to", true, "give a role of weir to a login; later migrations keep it up to date");
  add("revoke", "--from", false, "take a role of weir back");
}

}  // namespace weir::app
