// One connection that never reconnects by itself.
//
// libpqxx would silently come back on a new backend after a loss: without the lock, without the settings.
// Here a lost connection stays lost until `open` is called, and every statement answers so.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <pqxx/pqxx>
#include <weir/bell.hpp>
#include <weir/result.hpp>

#include "drivers/postgres/connection_text.hpp"
#include "drivers/postgres/parameters.hpp"
#include "drivers/postgres/pg_errors.hpp"
#include "drivers/postgres/pqxx_versions.hpp"
#include "drivers/postgres/sql_text.hpp"

namespace weir::postgres {

/// A session of some kind. One thread at a time.
class session {
 public:
  /// Connects; a failure is remembered and answered by every `run` until `open` succeeds.
  session(options where, session_kind kind);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// Drops the connection (and with it locks) and opens a new one. Of the servers that the url names those are passed
  /// over which are behind what this process has seen (an old primary), and poolers that lead to no server which takes
  /// writes.
  result<void> open();

  /// Runs one statement in a transaction of its own.
  /// @errors unavailable (nothing happened), in_doubt (a write may have happened), and what the statement says
  result<pqxx::result> run(const sql::statement& what, const parameters& with, effect how);

  /// Runs a write, and in the same transaction `then` with the parameters that `made` makes of its answer; answers the
  /// rows of the first.
  /// @errors as run; until the commit was sent, nothing has happened
  result<pqxx::result> run_both(const sql::statement& what, const parameters& with,
                                const sql::statement& then,
                                const std::function<parameters(const pqxx::result&)>& made);

  /// Runs one of the statements of a transaction. @errors invalid; what else goes wrong ends the transaction.
  using step = std::function<result<pqxx::result>(const sql::statement& what, const parameters& with)>;
  /// Runs the statements that `work` wants, in one transaction, without the plans of `run`. It is taken back unless
  /// `work` answers true.
  /// @errors as run, and those of `work`; until the commit was sent, nothing has happened
  result<void> run_steps(const std::function<result<bool>(const step&)>& work);

  /// Runs text that has no parameters and may hold several statements (migrations), in one transaction
  /// together with `last`.
  result<void> run_script(const std::string& text, const sql::statement& last, const parameters& with);

  /// Waits until `most` has passed, somebody has rung, or the session was notified on the channel that `channel` tells.
  /// A session that is lost meanwhile is closed, and waits for the bell alone.
  /// @return what the notifications say
  std::vector<std::string> await(const sql::statement& channel, std::chrono::nanoseconds most,
                                 const bell& rung);

  const options& where() const { return where_; }

 private:
  class notices;

  void close();
  result<void> open_from(int first);
  result<void> check_schema();
  /// Before a write: an error if there is no connection any more, so that it cannot be in doubt.
  result<void> check_peer();
  bool peer_has_closed() const;
  error fail(effect how, bool sent);
  std::string role_needed(effect how) const;
  const std::string& text_of(const sql::statement& what);

  options where_;
  session_kind kind_;
  bool pooled_;
  std::unique_ptr<pqxx::connection> connection_;
  std::unique_ptr<notices> notices_;
  std::unique_ptr<channel_ear> ear_;
  error closed_because_;
  bool elsewhere_ = false;  ///< it is closed because another server of the url may be the right one
  std::map<const char*, std::string> texts_;  ///< by the address of the statement's name
  std::map<const char*, bool> prepared_;
};

}  // namespace weir::postgres
