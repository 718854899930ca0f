// weir db migrate|status|plan|adopt; the other verbs of db have files of their own
#include <CLI/CLI.hpp>

#include "app/cli/commands.hpp"
#include "app/cli/copy_command.hpp"

namespace weir::app {

namespace {

ordered_json schema_json(const schema_state& state) {
  return {{"current", state.current}, {"wanted", state.wanted}, {"pending", state.pending}};
}

void print_schema(invocation& call, const schema_state& state) {
  if (!call.wants_table()) return call.print_json(schema_json(state));
  std::string text = "schema version " + std::to_string(state.current) + ", this program wants " +
                     std::to_string(state.wanted) + "\n";
  if (state.fits_newer)
    text += "a newer program has migrated it; this one may work with it until it is upgraded\n";
  for (const auto& name : state.pending) text += "pending  " + printable(name) + "\n";
  call.print(text);
}

exit_code migrate(invocation& call) {
  const auto config = call.configuration();
  if (!config) return exit_code::configuration;
  const auto done =
      call.world().migrate(*config, call.identity(), [&call](const std::string& step) { call.say(step); });
  if (!done) return call.fail(done.error());
  print_schema(call, *done);
  if (const auto complaint = schema_complaint(*done)) return call.fail(*complaint);
  return exit_code::ok;
}

exit_code show_status(invocation& call) {
  const auto config = call.configuration();
  if (!config) return exit_code::configuration;
  const auto state = call.world().schema(*config);
  if (!state) return call.fail(state.error());
  print_schema(call, *state);
  if (const auto complaint = schema_complaint(*state)) return call.fail(*complaint);
  return exit_code::ok;
}

exit_code show_plan(invocation& call) {
  const auto config = call.configuration();
  if (!config) return exit_code::configuration;
  const auto pending = call.world().plan(*config);
  if (!pending) return call.fail(pending.error());
  if (!call.wants_table()) {
    ordered_json items = ordered_json::array();
    for (const auto& [name, text] : *pending) items.push_back({{"name", name}, {"sql", text}});
    call.print_json({{"items", std::move(items)}});
    return exit_code::ok;
  }
  if (pending->empty()) call.say("nothing is pending: `weir db migrate` would change nothing");
  for (const auto& [name, text] : *pending) call.print("-- " + name + "\n" + text + "\n");
  return exit_code::ok;
}

exit_code adopt(invocation& call) {
  const auto config = call.configuration();
  if (!config) return exit_code::configuration;
  const auto done = call.world().adopt(*config, call.identity());
  if (!done) return call.fail(done.error());
  if (!call.wants_table()) {
    call.print_json({{"tasks_up_to", std::to_string(done->tasks_up_to)},
                     {"unfinished", done->unfinished},
                     {"nodes_ended", done->nodes_ended},
                     {"tokens_fall", done->tokens_fall}});
  } else {
    call.print("adopted: " + std::to_string(done->unfinished) +
               " unfinished tasks wait for nodes, new ids begin above " + std::to_string(done->tasks_up_to) +
               ", " + std::to_string(done->nodes_ended) + " nodes of the copy are ended\n");
  }
  if (done->tokens_fall)
    call.complain(
        "fencing tokens begin lower than on the former server: tell the outside systems that compare them");
  return exit_code::ok;
}

}  // namespace

void add_db_commands(CLI::App& root, invocation& call) {
  auto& db = add_noun(root, "db",
                      "the database's schema: migrate, status, plan, adopt; rights: grant, revoke; moving "
                      "over: import-message-queue, copy");
  auto& up = add_verb(db, "migrate", "bring the schema to this program's version");
  up.callback([&call] { call.chosen = migrate; });
  auto& status = add_verb(db, "status", "schema version and pending migrations; exit 78 unless it fits");
  status.callback([&call] { call.chosen = show_status; });
  auto& plan = add_verb(db, "plan", "the statements that migrate would run; changes nothing");
  plan.callback([&call] { call.chosen = show_plan; });
  auto& take_in =
      add_verb(db, "adopt",
               "make a schema that was restored from a dump, or replicated logically, work on this server");
  take_in.callback([&call] { call.chosen = adopt; });
  add_grant_commands(db, call);
  add_import_command(db, call);
  add_copy_command(db, call);
}

}  // namespace weir::app
