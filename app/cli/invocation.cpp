// Printing rules and the way to the database, the same for all commands.
#include "app/cli/invocation.hpp"

#include <istream>
#include <ostream>

#include "app/cli/remote/remote.hpp"

namespace weir::app {

output_format invocation::format() const {
  if (globals.output == "json") return output_format::json;
  if (globals.output == "ndjson") return output_format::ndjson;
  return output_format::table;
}

int invocation::width() const { return io_.out_is_terminal && io_.size ? io_.size().columns : 0; }

std::string invocation::user() const { return io_.user.substr(0, 200); }

operator_identity invocation::identity() const {
  return {user() + (io_.host.empty() ? "" : "@" + io_.host), "cli", io_.run_mark, {}};
}

void invocation::print_json(const std::string& compact_json) {
  io_.out << (format() == output_format::ndjson ? compact_json : pretty(compact_json)) << '\n';
}

void invocation::print_list(const ordered_json& list) {
  if (format() != output_format::ndjson) return print_json(list);
  for (const auto& item : list.at("items")) io_.out << compact(item) << '\n';
}

void invocation::print(const std::string& text) { io_.out << text; }

void invocation::say(const std::string& sentence) {
  if (!globals.quiet) io_.err << sentence << '\n';
}

void invocation::complain(const std::string& sentence) {
  io_.out.flush();
  io_.err << "weir: error: " << sentence << '\n';
}

exit_code invocation::fail(const error& problem) {
  complain(problem.message.empty() ? std::string{to_string(problem.code)} : problem.message);
  return exit_code_of(problem.code);
}

exit_code invocation::usage(const std::string& sentence) {
  complain(sentence);
  return exit_code::usage;
}

config::sources invocation::config_sources(std::map<std::string, std::string> flags) const {
  config::sources from;
  if (!globals.config_file.empty()) from.file = globals.config_file;
  from.environment = io_.environment;
  from.flags = std::move(flags);
  if (!globals.url.empty() && !by_api()) from.flags["database.url"] = globals.url;
  from.working_directory = io_.working_directory;
  return from;
}

bool invocation::by_api() const {
  return globals.url.rfind("http://", 0) == 0 || globals.url.rfind("https://", 0) == 0;
}

std::optional<node_config> invocation::configuration(std::map<std::string, std::string> flags) {
  auto found = config::load(config_sources(std::move(flags)));
  if (found.mistakes.empty()) {
    if (globals.verbose) {
      say("configuration: " + (found.config.file.empty() ? std::string{"no file"} : found.config.file));
      for (const auto& note : found.config.notes) say("note: " + note);
    }
    return std::move(found.config);
  }
  io_.err << config::describe(found.mistakes);
  return std::nullopt;
}

std::optional<error> schema_complaint(const schema_state& state) {
  const std::string versions = "version " + std::to_string(state.current) + ", this program wants version " +
                               std::to_string(state.wanted);
  if (state.current == 0) {
    return error{errc::schema_missing, "this database has no weir schema: run `weir db migrate`"};
  }
  if (state.current < state.wanted) {
    return error{errc::schema_mismatch,
                 "the weir schema is older than this program (" + versions + "): run `weir db migrate`"};
  }
  if (state.current > state.wanted && !state.fits_newer) {
    return error{errc::schema_mismatch, "the weir schema is newer than this program (" + versions +
                                            "): use the weir that migrated it, or a newer one"};
  }
  return std::nullopt;
}

result<void> invocation::check_schema(const node_config& config) {
  const auto state = world_.schema(config);
  if (!state) return state.error();
  if (auto complaint = schema_complaint(*state)) return *complaint;
  return {};
}

invocation& invocation::ordering() {
  world_.expect_order();
  return *this;
}

exit_code invocation::with_console(const std::function<exit_code(open_console&)>& work) {
  if (by_api()) return with_remote(*this, work);
  auto config = configuration();
  if (!config) return exit_code::configuration;
  if (const auto fits = check_schema(*config); !fits) return fail(fits.error());
  open_console console;
  console.config = std::move(*config);
  console.opened = world_.open(console.config);
  console.store = console.opened->open_console();
  console.store->act_as(identity());
  return work(console);
}

}  // namespace weir::app
