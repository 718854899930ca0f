// This machine, for a node that would run here; and all rules together.
#include <algorithm>

#include "app/cli/doctor/evidence.hpp"
#include "app/cli/shell_word.hpp"

namespace weir::app {

namespace {

bool beyond_loopback(const std::string& listen) {
  return !listen.empty() && listen.rfind("127.", 0) != 0 && listen.rfind("[::1]", 0) != 0 &&
         listen.rfind("localhost:", 0) != 0;
}

std::string origin_of(const node_config& config, const std::string& key) {
  const auto found = config.origins.find(key);
  return key +
         (found == config.origins.end() || found->second == "default" ? "" : " (" + found->second + ")");
}

void note_what_is_hidden(const evidence& seen, diagnosis& out) {
  if (!seen.database) return;
  const auto& at = *seen.database;
  if (!at.sees_sessions)
    out.blind.push_back({"transactions and locks of other logins",
                         "login " + at.login + " may not see them: grant pg_read_all_stats to " + at.login});
  if (seen.view_trouble && !at.direct.shared)
    out.blind.push_back({"nodes, streams and tasks", seen.view_trouble->message});
  if (at.direct.shared) out.blind.push_back({"nodes, streams and tasks", "there is no session connection"});
  if (at.schema && !at.schema->ids_left)
    out.blind.push_back({"room for new tasks",
                         "login " + at.login + " may not see it: weir db grant reader --to " + at.login});
}

}  // namespace

void judge_machine(const evidence& seen, std::vector<finding>& out) {
  const auto& config = seen.config;
  if (const auto& why = seen.machine.state_dir_trouble) {
    out.push_back({"state_dir_unusable",
                   "node.state_dir " + config.node.state_dir + " " + *why +
                       ": a node with this configuration cannot start",
                   origin_of(config, "node.state_dir"),
                   "choose another folder: WEIR_NODE__STATE_DIR=DIR weir run" + seen.same_configuration});
  }
  if (const auto& why = seen.machine.certificate_trouble) {
    out.push_back({"certificate_ends", *why, origin_of(config, "tls.cert"),
                   "weir cert node " + shell_word(config.node.name) + " --authority DIR --out NEW"});
  }
  if (const auto& why = seen.machine.tokens_trouble) {
    // A file that is not there is made by the first token; one with a bad line is kept as it is by everybody.
    const std::string& file = config.http.tokens_file;
    const std::string aside = seen.machine.tokens_missing
                                  ? ""
                                  : "mv " + shell_word(file) + " " + shell_word(file + ".old") + " && ";
    out.push_back(
        {"tokens_unreadable",
         *why + ": a node with this configuration does not start, and one that runs lets nobody in by HTTP",
         origin_of(config, "http.tokens_file"),
         aside + "weir token create NAME --role viewer" + seen.same_configuration});
  }
  for (const auto& one : seen.machine.missing_programs) {
    out.push_back({"command_missing",
                   "program " + one.program + " is not there, or may not be started: every run of " +
                       one.action + " fails",
                   "action " + one.action + (one.origin.empty() ? "" : " (" + one.origin + ")"),
                   "install it, or mend command in [action." + one.action + "]"});
  }
  if (beyond_loopback(config.http.listen)) {
    out.push_back({"http_plain",
                   "tokens and data of tasks cross the network as plain text where no proxy speaks TLS",
                   origin_of(config, "http.listen"),
                   "listen at 127.0.0.1, and put a proxy that speaks TLS in front", weight::advice});
  }
}

bool diagnosis::healthy() const {
  return std::none_of(findings.begin(), findings.end(),
                      [](const auto& one) { return one.weighs == weight::problem; });
}

diagnosis diagnose(const evidence& seen) {
  diagnosis out;
  for (const auto& one : seen.mistakes) {
    out.findings.push_back(
        {"configuration_mistake", one.text, one.where, "weir config check" + seen.same_configuration});
  }
  if (!seen.mistakes.empty()) {
    out.blind.push_back({"everything else", "the configuration has mistakes"});
    return out;
  }
  judge_database(seen, out.findings);
  judge_ways(seen, out.findings);
  judge_schema(seen, out.findings);
  judge_cluster(seen, out.findings);
  judge_machine(seen, out.findings);
  if (seen.unreachable)
    out.blind.push_back({"the database and the cluster", "there is no way to the database"});
  note_what_is_hidden(seen, out);
  return out;
}

}  // namespace weir::app
