#include "app/cli/doctor/mending.hpp"

#include <algorithm>

#include "app/cli/shell_word.hpp"

namespace weir::app {

namespace {

std::string doubled(const std::string& text, char quote) {
  std::string out(1, quote);
  for (const char c : text) out += c == quote ? std::string(2, c) : std::string(1, c);
  return out + quote;
}

}  // namespace

std::string sql_name(const std::string& name) {
  const bool plain =
      !name.empty() && (name[0] < '0' || name[0] > '9') && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
      });
  return plain ? name : doubled(name, '"');
}

std::string sql_text(const std::string& text) { return doubled(text, '\''); }

namespace mend {

// tidy-ok: sql is printed here, for people
std::string reload_settings() { return "select pg_reload_conf()"; }
std::string end_session(int pid) {
  return "select pg_terminate_backend(" + std::to_string(pid) + ")";  // tidy-ok: sql is printed
}
std::string drop_slot(const std::string& slot) {
  return "select pg_drop_replication_slot(" + sql_text(slot) + ")";  // tidy-ok: sql is printed
}
std::string no_limit_of_login(const std::string& login) {
  return "alter role " + sql_name(login) + " connection limit -1";  // tidy-ok: sql is printed
}
std::string no_limit_of_database(const std::string& database) {
  return "alter database " + sql_name(database) + " connection limit -1";  // tidy-ok: sql is printed
}
std::string watch_table(const std::string& table) {
  return "alter table " + table + " reset (autovacuum_enabled)";  // tidy-ok: sql is printed
}
std::string drop_index(const std::string& index) {
  return "drop index concurrently " + index;  // tidy-ok: sql is printed
}
std::string make_room(const std::string& schema) { return "select " + sql_name(schema) + ".keep_room()"; }

}  // namespace mend

std::string psql(const postgres::examination& at, const std::vector<std::string>& statements, bool as_owner) {
  std::string out = "psql -h " + shell_word(at.host) + " -p " + std::to_string(at.port) + " -U " +
                    shell_word(at.superuser || as_owner ? at.login : "postgres") + " -d " +
                    shell_word(at.database);
  for (const auto& one : statements) out += " -c " + shell_word(one);
  return out;
}

std::string setting_fix(const postgres::examination& at, const std::string& name, const std::string& value) {
  const std::string& source = at.settings.at(name).source;
  const std::string database = sql_name(at.database);
  const std::string login = sql_name(at.login);
  // Where the session itself may not write, the statement that changes this must be allowed to.
  const std::string writing = name == "default_transaction_read_only"
                                  ? "PGOPTIONS='-c default_transaction_read_only=off' "
                                  : std::string{};
  // tidy-ok: sql is printed
  if (source == "database") return writing + psql(at, {"alter database " + database + " reset " + name});
  // tidy-ok: sql is printed
  if (source == "user") return writing + psql(at, {"alter role " + login + " reset " + name});
  if (source == "database user") {
    // tidy-ok: sql is printed
    return writing + psql(at, {"alter role " + login + " in database " + database + " reset " + name});
  }
  if (source == "command line") return "start the server without " + name + " on its command line";
  if (source == "client" || source == "environment variable")
    return "take " + name + " out of options= in database.url, and out of PGOPTIONS";
  return psql(at, {"alter system set " + name + " = " + value, mend::reload_settings()});
}

std::string place_of(const postgres::examination& at) {
  return "database " + at.database + " at " + at.host + ":" + std::to_string(at.port);
}

}  // namespace weir::app
