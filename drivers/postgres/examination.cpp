// Runs the statements of sql/queries/doctor.sql. What a login may not see stays unknown: it is no error.
#include "drivers/postgres/examination.hpp"

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "drivers/postgres/fields.hpp"
#include "drivers/postgres/foreign_session.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

/// Younger transactions are nobody's business.
constexpr std::int64_t open_for_seconds = 30;
/// For how long back deaths of nodes are counted.
constexpr std::int64_t deaths_within_seconds = 600;

session_kind plain_kind(bool direct) {
  session_kind kind{"doctor", direct, std::chrono::seconds{5}, false, false};
  kind.foreign = true;
  return kind;
}

double fraction(const pqxx::field& field) { return std::strtod(field.c_str(), nullptr); }

std::chrono::microseconds wall_now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
}

void compare_clocks(foreign_session& on, examination& found) {
  const auto before = wall_now();
  const auto told = on.read(sql::doctor_clock);
  const auto after = wall_now();
  if (!told) return;
  // The statement is the second of three round trips: what it says was true at some time between.
  found.clock_doubt = (after - before) / 2;
  found.clock_ahead = std::chrono::microseconds{number((*told)[0][0])} - (before + found.clock_doubt);
}

/// What identifies a database among all, and where its server says that it is.
struct identity {
  std::int64_t server = 0, database = 0;
  std::string host;
  int port = 0;

  bool operator!=(const identity& other) const {
    return server != other.server || database != other.database;
  }
};

result<identity> read_server(foreign_session& on, examination& found) {
  const auto rows = on.read(sql::doctor_server);
  if (!rows) return rows.error();
  const auto row = (*rows)[0];
  found.version_number = number<int>(row[0]);
  found.version = text(row[1]);
  found.database = text(row[2]);
  found.login = text(row[3]);
  found.superuser = flag(row[4]);
  found.sees_sessions = flag(row[5]);
  found.standby = flag(row[6]);
  found.encoding = text(row[7]);
  const std::string server = text(row[8]);
  const std::string client = text(row[10]);
  found.host = on.connection().hostname() == nullptr ? server : on.connection().hostname();
  found.port = std::atoi(on.connection().port() == nullptr ? "0" : on.connection().port());
  found.encrypted = flag(row[11]);
  found.same_machine = client.empty() || client == server || client.rfind("127.", 0) == 0 || client == "::1";
  found.connections_most = number<int>(row[12]);
  found.connections = number<int>(row[13]);
  found.login_most = number<int>(row[14]);
  found.database_most = number<int>(row[15]);
  found.waits_for_standby = flag(row[18]);
  return identity{number(row[16]), number(row[17]), server, number<int>(row[9])};
}

void read_settings(foreign_session& on, examination& found) {
  array_text names;
  for (const auto& name : examined_settings()) names.add(name);
  const auto rows = on.read(sql::doctor_settings, parameters{}.add(names));
  if (!rows) return;
  for (const auto& row : *rows) found.settings[text(row[0])] = {text(row[1]), text(row[2])};
}

void read_ages(foreign_session& on, examination& found) {
  const auto rows = on.read(sql::doctor_age);
  if (!rows) return;
  for (const auto& row : *rows) {
    auto& kind = text(row[0]) == "transaction" ? found.transactions : found.multixacts;
    kind = {text(row[1]), number(row[2])};
  }
}

void read_sessions(foreign_session& on, examination& found) {
  if (const auto rows = on.read(sql::doctor_sessions, parameters{}.add(open_for_seconds))) {
    for (const auto& row : *rows) {
      found.open_transactions.push_back(
          {number<int>(row[0]), text(row[1]), text(row[2]), flag(row[3]), fraction(row[4]), flag(row[5])});
    }
  }
  if (const auto rows = on.read(sql::doctor_prepared)) {
    for (const auto& row : *rows) found.prepared.push_back({text(row[0]), text(row[1]), fraction(row[2])});
  }
  if (const auto rows = on.read(sql::doctor_slots)) {
    for (const auto& row : *rows) {
      found.slots.push_back({text(row[0]), number(row[1]), maybe_number(row[2]).value_or(0), flag(row[3])});
    }
  }
}

void read_tables(foreign_session& on, const std::string& schema, schema_facts& facts) {
  if (const auto rows = on.read(sql::doctor_tables, parameters{}.add(schema))) {
    for (const auto& row : *rows)
      facts.tables.push_back({text(row[0]), number(row[1]), number(row[2]), flag(row[3])});
  }
  if (const auto rows = on.read(sql::doctor_indexes, parameters{}.add(schema))) {
    for (const auto& row : *rows) facts.invalid_indexes.push_back(text(row[0]));
  }
  if (const auto rows = on.read(sql::doctor_locks, parameters{}.add(schema))) {
    for (const auto& row : *rows) {
      facts.holders.push_back(
          {number<int>(row[0]), text(row[1]), text(row[2]), text(row[3]), fraction(row[4])});
    }
  }
}

void read_schema(foreign_session& on, const options& where, const std::string& queue_view,
                 examination& found) {
  const auto there = on.read(sql::has_migrations);
  if (!there || !flag((*there)[0][0])) return;
  schema_facts facts;
  read_tables(on, where.schema, facts);
  if (const auto rows = on.read(sql::doctor_room)) facts.ids_left = maybe_number((*rows)[0][0]);
  if (const auto rows = on.read(sql::doctor_deaths, parameters{}.add(deaths_within_seconds))) {
    for (const auto& row : *rows) facts.deaths[text(row[0])] = number(row[1]);
  }
  // "weir.message_queue" means the one in weir's own schema, whatever that is called.
  const bool own = queue_view == "weir.message_queue";
  if (!queue_view.empty()) {
    const std::string place = own ? where.schema + ".message_queue" : queue_view;
    const auto view = on.read(sql::doctor_view_there, parameters{}.add(place));
    if (view && !flag((*view)[0][0])) facts.missing_queue_view = place;
  }
  found.schema = std::move(facts);
}

/// Do two sessions of one way share a session of the server? Then nothing that weir sets in one stays there.
bool shares_sessions(const options& where, foreign_session& first) {
  auto second = foreign_session::open(where, plain_kind(true));
  if (!second) return false;
  const auto before = first.ask(sql::doctor_session_number);
  if (!before) return false;
  try {
    pqxx::work held{second->connection()};
    const auto other = held.exec(sql::doctor_session_number.text);
    if (text(other[0][0]) == text((*before)[0][0])) return true;
    const auto after = first.ask(sql::doctor_session_number);
    return after && text((*after)[0][0]) != text((*before)[0][0]);
  } catch (const std::exception&) {
    return false;
  }
}

/// As weir's own sessions open it: a pooler may refuse their settings.
std::optional<error> refused_settings(const options& where) {
  const session_kind own{"doctor", true, std::chrono::seconds{5}, false, false};
  const auto session = foreign_session::open(where, own);
  return session ? std::nullopt : std::optional<error>{session.error()};
}

void read_direct_way(const options& where, const identity& by_url, examination& found) {
  auto session = foreign_session::open(where, plain_kind(true));
  if (!session) {
    found.direct.trouble = session.error();
    return;
  }
  examination there;
  const auto it = read_server(*session, there);
  if (it) found.direct.elsewhere = *it != by_url;
  if (const auto rows = session->read(sql::doctor_server)) {
    found.direct.host = text((*rows)[0][8]);
    found.direct.port = number<int>((*rows)[0][9]);
  }
  if (found.direct.elsewhere) {  // then it is the other server that is looked for
    found.direct.host = by_url.host;
    found.direct.port = by_url.port;
  }
  found.direct.shared = shares_sessions(where, *session);
  found.direct.trouble = refused_settings(where);
  const bool settings =
      found.direct.trouble && found.direct.trouble->message.find("startup parameter") != std::string::npos;
  if (settings) found.direct.shared = true;
}

}  // namespace

const std::vector<std::string>& examined_settings() {
  static const std::vector<std::string> names{
      "fsync",          "full_page_writes", "synchronous_commit",
      "autovacuum",     "track_counts",     "default_transaction_read_only",
      "max_connections"};
  return names;
}

result<examination> examine(const options& where, const std::string& queue_view) {
  auto session = foreign_session::open(where, plain_kind(false));
  if (!session) return session.error();
  examination found;
  const auto it = read_server(*session, found);
  if (!it) return it.error();
  compare_clocks(*session, found);
  read_settings(*session, found);
  read_ages(*session, found);
  read_sessions(*session, found);
  read_schema(*session, where, queue_view, found);
  found.slow_parameters = slow_parameters(where, plain_kind(true));
  read_direct_way(where, *it, found);
  return found;
}

}  // namespace weir::postgres
