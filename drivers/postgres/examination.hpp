// What a database, its server and the ways to it are like, as far as weir's work depends on it: looked at, not judged.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <weir/result.hpp>

#include "drivers/postgres/postgres_driver.hpp"

namespace weir::postgres {

struct server_setting {
  std::string value;
  std::string
      source;  ///< pg_settings.source: "default", "configuration file", "database", "user", "client" ...
};

/// A transaction that has been open for a while.
struct open_transaction {
  int pid = 0;
  std::string login, program;
  bool idle = false;  ///< its client does nothing meanwhile
  double seconds = 0;
  bool holds_snapshot = false;  ///< nothing that was deleted since can be cleaned away
};

struct prepared_transaction {
  std::string name, owner;
  double seconds = 0;
};

/// A replication slot that nobody reads.
struct idle_slot {
  std::string name;
  std::int64_t wal_bytes = 0;  ///< that it keeps
  std::int64_t xid_age = 0;    ///< transactions that it keeps the rows of
  bool lost = false;           ///< what it stood for is gone already
};

/// A session of somebody else's that keeps weir from writing to a table of its schema.
struct table_holder_session {
  int pid = 0;
  std::string login, program, table;
  double seconds = 0;
};

struct table_state {
  std::string name;
  std::int64_t live = 0, dead = 0;  ///< rows, as the statistics say
  bool autovacuum_off = false;
};

/// How far a database is from running out of numbers.
struct number_age {
  std::string database;  ///< the oldest of the server
  std::int64_t age = 0;  ///< at 2^31 the server stops
};

/// What is in weir's schema.
struct schema_facts {
  std::vector<table_state> tables;
  std::vector<std::string> invalid_indexes;
  std::vector<table_holder_session> holders;
  std::optional<std::int64_t> ids_left;  ///< new tasks that there is room for; nullopt = may not be seen
  std::map<std::string, std::int64_t> deaths;     ///< node name -> incarnations declared dead lately
  std::optional<std::string> missing_queue_view;  ///< where the configuration wants it, and it is not
};

/// The way of the session connections (lock, beats).
struct direct_way {
  std::optional<error> trouble;  ///< it cannot be opened
  bool shared = false;           ///< a pooler gives its sessions to others between transactions
  bool elsewhere = false;        ///< it leads to another database than `url`
  std::string host;              ///< of the server behind the pooler, "" = not known
  int port = 0;
};

struct examination {
  std::string host;  ///< for psql: a name, an address or a folder of a socket
  int port = 0;
  std::string database, login;
  int version_number = 0;  ///< 150018
  std::string version;
  bool superuser = false;
  bool sees_sessions = false;  ///< of other logins
  bool standby = false;
  std::string encoding;
  bool encrypted = false;
  bool same_machine = false;                       ///< as the server, or another way that no network sees
  std::map<std::string, server_setting> settings;  ///< of a session without any of weir's own
  std::chrono::microseconds clock_ahead{0};        ///< the server's, of this machine's; negative: behind
  std::chrono::microseconds clock_doubt{0};        ///< at most so far off
  int connections = 0;                             ///< in use
  int connections_most = 0;                        ///< for logins that are not superusers
  int login_most = -1, database_most = -1;         ///< -1 = no limit
  bool waits_for_standby = false;  ///< commits wait for a synchronous standby that is not there
  number_age transactions, multixacts;
  std::vector<open_transaction> open_transactions;
  std::vector<prepared_transaction> prepared;
  std::vector<idle_slot> slots;
  std::vector<std::string> slow_parameters;  ///< of the url: they make weir notice a lost connection late
  direct_way direct;
  std::optional<schema_facts> schema;  ///< nullopt: there is none
};

/// The settings that `examination::settings` has.
const std::vector<std::string>& examined_settings();

/// Looks at everything; changes nothing. Works in a database that has no weir, on a standby, and through a pooler.
/// Takes some twenty statements of a few milliseconds each.
/// @param queue_view  SCHEMA.NAME where message_queue should be, "" = nowhere
/// @errors unavailable, invalid: there is no way to the database by `url`
result<examination> examine(const options& where, const std::string& queue_view);

}  // namespace weir::postgres
