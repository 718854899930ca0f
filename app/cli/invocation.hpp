// One call of the command: its global options, how it prints, and how it reaches the database.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <weir/config.hpp>
#include <weir/driver.hpp>

#include "app/cli/backend.hpp"
#include "app/cli/cell_text.hpp"
#include "app/cli/exit_code.hpp"
#include "app/cli/io.hpp"
#include "app/cli/json_text.hpp"
#include "config/load.hpp"

namespace weir::app {

enum class output_format { table, json, ndjson };

/// What the command line said outside of the subcommand's own options.
struct global_options {
  std::string config_file;
  std::string output = "table";
  std::string url;
  std::string token_file;
  bool quiet = false;
  bool verbose = false;
  bool yes = false;
};

/// The open database of a command.
struct open_console {
  node_config config;
  std::unique_ptr<driver> opened;  ///< outlives the store
  std::unique_ptr<console_store> store;
};

class invocation {
 public:
  invocation(io& surroundings, backend& world) : io_(surroundings), world_(world) {}

  io& surroundings() { return io_; }
  backend& world() { return world_; }
  global_options globals;
  /// What the parser found to do; set by the subcommand's callback.
  std::function<exit_code(invocation&)> chosen;

  output_format format() const;
  bool wants_table() const { return format() == output_format::table; }
  /// Columns to cut tables to: the terminal's, 0 elsewhere.
  int width() const;

  /// Who calls, for messages, at most 200 bytes.
  std::string user() const;
  /// Who calls, for the audit: USER@HOST.
  operator_identity identity() const;

  // -- printing: data on standard output, everything else on standard error
  /// JSON in the format asked for: laid out for `json`, one line for `ndjson`.
  void print_json(const std::string& compact_json);
  void print_json(const ordered_json& value) { print_json(compact(value)); }
  /// {"items":[..]} for `json`; one line an item for `ndjson`.
  void print_list(const ordered_json& list);
  void print(const std::string& text);
  /// A message that -q silences.
  void say(const std::string& sentence);
  /// "weir: error: ...", never silenced.
  void complain(const std::string& sentence);
  exit_code fail(const error& problem);
  exit_code usage(const std::string& sentence);

  // -- reaching things
  /// The merged configuration with every mistake printed, or nothing.
  std::optional<node_config> configuration(std::map<std::string, std::string> flags = {});
  config::sources config_sources(std::map<std::string, std::string> flags = {}) const;
  /// For a command that changes something: a login that lacks a right, be it to look, hears which role suffices.
  invocation& ordering();
  /// Is the cluster reached through a node's HTTP API (--url http://...)?
  bool by_api() const;
  /// Asks the API for `path` below /api/v1; the body of a good answer.
  /// @errors those of the problem that it answers; unavailable: no answer; invalid: the token's file
  result<std::string> ask_api(const std::string& method, const std::string& path,
                              const std::string& body = {});
  /// Runs `work` on a database whose schema fits; otherwise says what is wrong and how to mend it.
  exit_code with_console(const std::function<exit_code(open_console&)>& work);
  /// ok, or the complaint that names the command to run.
  result<void> check_schema(const node_config& config);

 private:
  io& io_;
  backend& world_;
};

/// The sentence about a schema that does not fit, or nothing if it does.
std::optional<error> schema_complaint(const schema_state& state);

}  // namespace weir::app
