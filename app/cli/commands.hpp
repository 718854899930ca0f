// The nouns of the command line. Each function adds one noun with its verbs to the parser; a verb's
// callback only notes in the invocation what is to be done once parsing has ended.
#pragma once

#include <string>

#include "app/cli/invocation.hpp"

namespace CLI {
class App;
}

namespace weir::app {

void add_run_command(CLI::App& root, invocation& call);
void add_dev_command(CLI::App& root, invocation& call);
void add_status_command(CLI::App& root, invocation& call);
void add_doctor_command(CLI::App& root, invocation& call);
void add_task_commands(CLI::App& root, invocation& call);
void add_task_enqueue_command(CLI::App& task, invocation& call);
void add_task_pause_commands(CLI::App& task, invocation& call);
void add_task_order_commands(CLI::App& task, invocation& call);
void add_task_clear_command(CLI::App& task, invocation& call);
void add_task_errors_command(CLI::App& task, invocation& call);
void add_task_explain_command(CLI::App& task, invocation& call);
void add_node_commands(CLI::App& root, invocation& call);
void add_leader_commands(CLI::App& root, invocation& call);
void add_stream_commands(CLI::App& root, invocation& call);
void add_schedule_commands(CLI::App& root, invocation& call);
void add_cdc_commands(CLI::App& root, invocation& call);
void add_db_commands(CLI::App& root, invocation& call);
void add_import_command(CLI::App& db, invocation& call);
void add_token_commands(CLI::App& root, invocation& call);
void add_healthcheck_command(CLI::App& root, invocation& call);
void add_grant_commands(CLI::App& db, invocation& call);
void add_audit_command(CLI::App& root, invocation& call);
void add_config_commands(CLI::App& root, invocation& call);
void add_completion_command(CLI::App& root, invocation& call);
void add_top_command(CLI::App& root, invocation& call);
void add_cert_commands(CLI::App& root, invocation& call);
void add_bench_command(CLI::App& root, invocation& call);
void add_version_command(CLI::App& root, invocation& call);

/// A subcommand whose unknown options fall through to the global ones.
CLI::App& add_verb(CLI::App& parent, const std::string& name, const std::string& help);
/// A subcommand that needs one of its own subcommands.
CLI::App& add_noun(CLI::App& parent, const std::string& name, const std::string& help);

}  // namespace weir::app
