// Connection strings: what the user gave, plus the time-outs and settings that weir's sessions rely on.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <weir/result.hpp>

#include "drivers/postgres/postgres_driver.hpp"

namespace weir::postgres {

/// What a session is for, and what follows from it.
struct session_kind {
  const char* duty;     ///< appended to application_name
  bool direct = false;  ///< needs session state even behind a pooler
  std::chrono::milliseconds statement_timeout{5000};
  bool task_plans = false;    ///< plans of the task path: generic, by index
  bool checks_schema = true;  ///< refuse a schema of another version when opening
  /// In a database that need not be weir's, and may be a standby or behind a pooler: no settings of weir's.
  bool foreign = false;
  bool owners = false;  ///< what it writes is for the owner of the schema
};

/// True if such a session has no session state (it goes through a pooler).
bool is_pooled(const options& where, const session_kind& kind);

/// True if whoever opens such a session has to see for himself that its server takes writes. Elsewhere libpq does,
/// but a pooler answers it with the state that its server was in when the pooler first met it.
bool must_check_writable(const options& where, const session_kind& kind);

/// libpq's key='value' text for such a session. What the user's url sets himself stays, but for
/// application_name. On pooled sessions nothing is sent that a pooler would refuse.
/// @param first  the server of the url to begin with, from 0: those before it come last.
/// @errors invalid: the url cannot be read (its text is not repeated: it may hold a password)
result<std::string> connection_text(const options& where, const session_kind& kind, int first = 0);

/// Parameters of such a session's url that let a lost connection be noticed later than weir relies on, as
/// "keepalives=0"; none where it cannot be read.
std::vector<std::string> slow_parameters(const options& where, const session_kind& kind);

/// How many servers the url of such a session names; 1 where it cannot be read.
int servers_of(const options& where, const session_kind& kind);

}  // namespace weir::postgres
