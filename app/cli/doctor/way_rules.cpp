// The connections: poolers where sessions are needed, slow detection of losses, transactions that others hold open.
#include "app/cli/doctor/evidence.hpp"
#include "app/cli/doctor/mending.hpp"
#include "app/cli/figures.hpp"

namespace weir::app {

namespace {

/// Idle for a minute, a transaction was forgotten.
constexpr double idle_seconds = 60;
/// A report may take so long; longer, and dead rows pile up.
constexpr double busy_seconds = 600;
constexpr double prepared_seconds = 600;
constexpr std::int64_t slot_bytes = std::int64_t{1} << 30U;
/// A slot that keeps rows of so many transactions has been forgotten.
constexpr std::int64_t slot_age = 10'000'000;

std::string who(const std::string& login, const std::string& program) {
  return "login " + login + (program.empty() ? "" : " (" + program + ")");
}

void judge_direct(const evidence& seen, const postgres::examination& at, std::vector<finding>& out) {
  const bool named = !seen.config.database.direct_url.empty();
  const std::string key = named ? "database.direct_url" : "database.url";
  const auto& way = at.direct;
  if (way.shared) {
    const std::string port = way.port > 0 ? ":" + std::to_string(way.port) : "";
    const std::string server = way.host.empty() ? "SERVER" : way.host + port;
    out.push_back(
        {"direct_url_pooled",
         key + " leads through a pooler that shares sessions between transactions: the leader's lock "
               "and the beats need a session of their own",
         key, "WEIR_DATABASE__DIRECT_URL=postgres://" + at.login + "@" + server + "/" + at.database});
  } else if (way.trouble && named) {
    out.push_back({"direct_url_unreachable", "no way to the database by " + key + ": " + way.trouble->message,
                   key,
                   "take database.direct_url out, or let it name the server that database.url leads to"});
  }
  if (way.elsewhere) {
    out.push_back(
        {"direct_url_elsewhere",
         key + " leads to another database than database.url: beats would be in one, tasks in the other", key,
         "WEIR_DATABASE__DIRECT_URL=postgres://" + at.login + "@" +
             (way.host.empty() ? at.host + ":" + std::to_string(at.port)
                               : way.host + ":" + std::to_string(way.port)) +
             "/" + at.database});
  }
  if (!at.slow_parameters.empty()) {
    std::string list;
    for (const auto& one : at.slow_parameters) list += (list.empty() ? "" : ", ") + one;
    out.push_back({"slow_loss_detection",
                   list + " in " + key + ": a node would notice too late that its connection is lost", key,
                   "take " + list + " out of " + key + ": weir sets what it needs"});
  }
}

void judge_transactions(const postgres::examination& at, std::vector<finding>& out) {
  for (const auto& one : at.open_transactions) {
    const std::string end = psql(at, {mend::end_session(one.pid)});
    const std::string where = "session " + std::to_string(one.pid) + ", " + who(one.login, one.program);
    if (one.idle && one.seconds >= idle_seconds) {
      out.push_back({"idle_in_transaction",
                     "a transaction has been open for " + age_text(one.seconds) +
                         " while its client does nothing: rows that it has locked block others, and nothing "
                         "that was deleted since is cleaned away",
                     where, end});
    } else if (!one.idle && one.holds_snapshot && one.seconds >= busy_seconds) {
      out.push_back({"old_snapshot",
                     "a transaction has been at work for " + age_text(one.seconds) +
                         ": nothing that was deleted since is cleaned away",
                     where, end});
    }
  }
  for (const auto& one : at.prepared) {
    if (one.seconds < prepared_seconds) continue;
    out.push_back({"prepared_transaction",
                   "a prepared transaction of " + one.owner + " has waited for " + age_text(one.seconds) +
                       " to be committed or rolled back: it keeps its locks",
                   "prepared transaction " + one.name,
                   psql(at, {"rollback prepared " + sql_text(one.name)})});
  }
  for (const auto& one : at.slots) {
    if (one.wal_bytes < slot_bytes && one.xid_age < slot_age && !one.lost) continue;
    out.push_back({"replication_slot_idle",
                   one.lost ? std::string{"nobody reads it, and what it stood for is gone"}
                            : "nobody reads it, and it keeps " + grouped(one.wal_bytes >> 20U) +
                                  " MiB of the log: the server's disk fills up",
                   "replication slot " + one.name, psql(at, {mend::drop_slot(one.name)})});
  }
}

}  // namespace

void judge_ways(const evidence& seen, std::vector<finding>& out) {
  if (!seen.database) return;
  const auto& at = *seen.database;
  judge_direct(seen, at, out);
  judge_transactions(at, out);
  if (!at.encrypted && !at.same_machine) {
    out.push_back({"database_plain", "data of tasks crosses the network to the database as plain text",
                   "database.url", "add sslmode=verify-full to database.url", weight::advice});
  }
}

}  // namespace weir::app
