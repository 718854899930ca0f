// The server: settings under which acknowledged tasks are lost, and what it runs out of.
#include <algorithm>
#include <cmath>
#include <regex>

#include "app/cli/doctor/evidence.hpp"
#include "app/cli/doctor/mending.hpp"
#include "app/cli/figures.hpp"
#include "app/cli/shell_word.hpp"
#include "app/cli/status_warnings.hpp"
#include "config/masking.hpp"

namespace weir::app {

namespace {

/// The oldest server that migrations run on.
constexpr int oldest_version = 130000;
/// Connections that a node has at most (docs/operating.md).
constexpr int of_one_node = 8;
/// Half of all transaction ids: a vacuum that is forced at 200 million has been failing for long.
constexpr std::int64_t most_age = 1'000'000'000;
/// Times of tasks and schedules are the database's or a node's: further apart than this people notice.
constexpr std::chrono::seconds clock_apart{5};

struct wanted_setting {
  const char* name;
  const char* bad;
  const char* good;
  const char* code;
  const char* what;
};
constexpr wanted_setting wanted_settings[] = {
    {"fsync", "off", "on", "fsync_off",
     "fsync is off: when the server's machine fails, acknowledged tasks are lost, or the whole database"},
    {"full_page_writes", "off", "on", "full_page_writes_off",
     "full_page_writes is off: when the server's machine fails, pages may be torn, and tasks with them"},
    {"synchronous_commit", "off", "on", "synchronous_commit_off",
     "synchronous_commit is off: a task that a producer was told is enqueued is lost when the server "
     "crashes"},
    {"autovacuum", "off", "on", "autovacuum_off",
     "autovacuum is off: tables of weir grow without end, and transaction ids run out"},
    {"track_counts", "off", "on", "track_counts_off",
     "track_counts is off: autovacuum does not know where to work, so tables of weir grow without end"},
    {"default_transaction_read_only", "on", "off", "database_read_only",
     "transactions are read-only here: no node can work, no task can be enqueued"},
};

void judge_settings(const postgres::examination& at, std::vector<finding>& out) {
  for (const auto& one : wanted_settings) {
    const auto found = at.settings.find(one.name);
    if (found == at.settings.end() || found->second.value != one.bad) continue;
    out.push_back({one.code, one.what, place_of(at), setting_fix(at, one.name, one.good)});
  }
}

int nodes_alive(const evidence& seen) {
  if (!seen.view) return 0;
  const auto& nodes = seen.view->rows.nodes;
  return static_cast<int>(
      std::count_if(nodes.begin(), nodes.end(), [](const auto& n) { return is_alive(n.state); }));
}

void judge_connections(const evidence& seen, const postgres::examination& at, std::vector<finding>& out) {
  const int needed = of_one_node * std::max(1, nodes_alive(seen));
  const int left = at.connections_most - at.connections;
  if (left < of_one_node) {
    out.push_back(
        {"connections_scarce",
         std::to_string(at.connections) + " of " + std::to_string(at.connections_most) +
             " connections are in use: a node that starts, or comes back after a break, needs " +
             std::to_string(of_one_node),
         place_of(at),
         psql(at, {"alter system set max_connections = " + std::to_string(2 * at.connections_most)}) +
             ", and restart the server"});
  }
  const std::string wants = ", and nodes of this cluster may need " + std::to_string(needed);
  if (at.login_most >= 0 && at.login_most < needed) {
    out.push_back(
        {"login_connection_limit",
         "login " + at.login + " may have " + std::to_string(at.login_most) + " connections" + wants,
         "login " + at.login, psql(at, {mend::no_limit_of_login(at.login)})});
  }
  if (at.database_most >= 0 && at.database_most < needed) {
    out.push_back({"database_connection_limit",
                   "the database may have " + std::to_string(at.database_most) + " connections" + wants,
                   place_of(at), psql(at, {mend::no_limit_of_database(at.database)})});
  }
}

void judge_clock(const postgres::examination& at, std::vector<finding>& out) {
  const auto apart = std::chrono::abs(at.clock_ahead) - at.clock_doubt;
  if (apart <= clock_apart) return;
  const double seconds = std::chrono::duration<double>(std::chrono::abs(at.clock_ahead)).count();
  out.push_back(
      {"clock_differs",
       "the clock of the database's server is " + age_text(seconds) +
           (at.clock_ahead.count() > 0 ? " ahead of" : " behind") +
           " this machine's: tasks for later, schedules and pauses begin and end at other times than "
           "people mean, and times in lists are wrong",
       "this machine, or the server of " + place_of(at), "timedatectl set-ntp true"});
}

void judge_ages(const postgres::examination& at, std::vector<finding>& out) {
  const std::pair<const char*, const postgres::number_age&> kinds[] = {{"transaction ids", at.transactions},
                                                                       {"multixact ids", at.multixacts}};
  for (const auto& [what, one] : kinds) {
    if (one.age < most_age) continue;
    out.push_back({"wraparound_close",
                   std::string{what} + " of database " + one.database + " reach " + grouped(one.age) +
                       " back: at 2,147,483,648 the server stops taking writes",
                   place_of(at),
                   "vacuumdb -h " + shell_word(at.host) + " -p " + std::to_string(at.port) + " -U " +
                       shell_word(at.superuser ? at.login : "postgres") + " --all --freeze"});
  }
}

}  // namespace

namespace {

/// What the server said when it was asked for a database or a login that it has not; else whether it is there at all.
std::string fix_of_no_way(const std::string& message, const std::string& address) {
  static const std::regex missing{"(database|role) \"([^\"]+)\" does not exist"};
  static const std::regex server{"postgres(?:ql)?://(?:[^@/]*@)?([^:/,?@]+)(?::([0-9]+))?(?:[/?].*)?"};
  std::smatch found, at;
  if (std::regex_search(message, found, missing)) {
    std::string where;
    if (std::regex_match(address, at, server)) {
      where = " -h " + shell_word(at[1].str());
      if (at[2].matched) where += " -p " + at[2].str();
    }
    return (found[1] == "database" ? "createdb" : "createuser") + where + " -U postgres " +
           shell_word(found[2].str());
  }
  return address.empty() ? "pg_isready" : "pg_isready -d " + shell_word(address);
}

}  // namespace

void judge_database(const evidence& seen, std::vector<finding>& out) {
  const std::string address = config::masked_address(seen.config.database.url);
  if (seen.unreachable) {
    out.push_back({"database_unreachable", "no way to the database: " + seen.unreachable->message,
                   address.empty() ? "libpq's PG* environment" : address,
                   fix_of_no_way(seen.unreachable->message, address)});
    return;
  }
  if (!seen.database) return;
  const auto& at = *seen.database;
  if (at.version_number < oldest_version) {
    out.push_back({"server_too_old", "PostgreSQL " + at.version + " is too old: weir needs 13 or later",
                   place_of(at), "upgrade the server"});
  }
  if (at.standby) {
    out.push_back({"database_is_standby", "the server is a standby: no node can work there", place_of(at),
                   "let database.url name the primary, or all servers: postgres://A,B/NAME"});
  }
  if (at.encoding != "UTF8") {
    out.push_back({"database_encoding", "the database has encoding " + at.encoding + ", weir needs UTF8",
                   place_of(at),
                   "createdb -h " + shell_word(at.host) + " -p " + std::to_string(at.port) +
                       " -E UTF8 -T template0 weir, and let database.url name that one"});
  }
  judge_settings(at, out);
  judge_connections(seen, at, out);
  if (at.waits_for_standby) {
    out.push_back({"standby_missing",
                   "commits wait for a synchronous standby, and none is connected: every enqueue and every "
                   "result hangs",
                   place_of(at),
                   psql(at, {"alter system set synchronous_standby_names = ''", mend::reload_settings()})});
  }
  judge_ages(at, out);
  judge_clock(at, out);
}

}  // namespace weir::app
