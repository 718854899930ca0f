// SQLSTATE -> errc, with a sentence for people. Texts of the server may be in any language: nothing is
// decided by them, except where libpq gives no code (while connecting).
#include "drivers/postgres/pg_errors.hpp"

#include <array>
#include <cstring>

#include <pqxx/pqxx>

namespace weir::postgres {
namespace {

struct known_state {
  const char* prefix;  ///< a SQLSTATE or its class
  errc code;
  bool session_over;
  const char* advice;
};

// The first match counts.
constexpr std::array<known_state, 34> known{{
    {"WE001", errc::refused, false, nullptr},
    {"WE002", errc::conflict, false, nullptr},
    {"WE003", errc::not_found, false, nullptr},
    {"08", errc::unavailable, true, nullptr},
    {"57P01", errc::unavailable, true, nullptr},
    {"57P02", errc::unavailable, true, nullptr},
    {"57P03", errc::unavailable, true, nullptr},
    {"57P05", errc::unavailable, true, nullptr},
    {"25P03", errc::unavailable, true, nullptr},
    {"25006", errc::read_only, false, "the server accepts no writes now (standby, or set read-only)"},
    {"55000", errc::read_only, false, nullptr},
    {"53100", errc::read_only, false, "free space on the database server"},
    {"53300", errc::unavailable, true, "raise max_connections or lower the number of clients"},
    {"53", errc::overloaded, false, nullptr},
    {"40", errc::timeout, false, nullptr},
    {"55P03", errc::timeout, false, nullptr},
    {"57014", errc::timeout, false, nullptr},
    {"42P01", errc::schema_missing, false, "run: weir db migrate"},
    {"3F000", errc::schema_missing, false, "run: weir db migrate"},
    {"42883", errc::schema_mismatch, false, "run: weir db status"},
    {"42703", errc::schema_mismatch, false, "run: weir db status"},
    {"42501", forbidden, false, nullptr},
    {"0A000", errc::unavailable, true,
     nullptr},  // a cached plan does not fit a changed table: a new session does
    {"26000", errc::unavailable, true, "behind a transaction pooler, set database.direct_url too"},
    {"23505", errc::conflict, false, nullptr},
    {"23503", errc::conflict, false, nullptr},
    {"23", errc::invalid, false, nullptr},
    {"22", errc::invalid, false, nullptr},
    {"54", errc::invalid, false, nullptr},
    {"28", errc::unavailable, true, nullptr},
    {"3D000", errc::unavailable, true, nullptr},
    {"F0", errc::internal, false, nullptr},
    {"XX", errc::internal, false, nullptr},
    {"", errc::internal, false, nullptr},
}};

const known_state& look_up(const std::string& state) {
  for (const known_state& entry : known) {
    if (state.compare(0, std::strlen(entry.prefix), entry.prefix) == 0) return entry;
  }
  return known.back();
}

/// The value of a line `FIELD:  value` of libpq's message.
std::string field(const std::string& text, const std::string& name) {
  const std::size_t at = text.compare(0, name.size(), name) == 0 ? 0 : text.find("\n" + name);
  if (at == std::string::npos) return {};
  std::size_t begin = text.find(name, at) + name.size();
  begin = text.find_first_not_of(' ', begin);
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::string one_line(const std::string& text) {
  std::string line = text.substr(0, text.find_last_not_of(" \n") + 1);
  for (char& c : line) {
    if (c == '\n') c = ' ';
  }
  return line;
}

/// "what is wrong; how to mend it", from the server's several lines (its DETAIL may hold people's data).
std::string sentence(const std::string& text, const char* advice) {
  std::string what;
  for (const char* name : {"ERROR:", "FATAL:", "PANIC:"}) {
    if (what.empty()) what = field(text, name);
  }
  if (what.empty()) what = one_line(text);
  const std::string hint = field(text, "HINT:");
  if (!hint.empty())
    what += "; " + hint;
  else if (advice != nullptr)
    what += std::string{"; "} + advice;
  return what;
}

translated of_statement(const std::string& text, const std::string& state, effect what, bool sent) {
  const known_state& entry = look_up(state);
  translated out{{entry.code, sentence(text, entry.advice)}, entry.session_over};
  if (entry.code == errc::internal) out.what.message += " (SQLSTATE " + state + ")";
  // The backend ended while it had our statement: it may have committed before.
  const bool ended_by_force = state.compare(0, 2, "57") == 0 || state.compare(0, 2, "08") == 0;
  if (sent && what == effect::writes && entry.session_over && ended_by_force) out.what.code = errc::in_doubt;
  return out;
}

translated of_break(const std::string& text, effect what, bool sent) {
  std::string message = sentence(text, nullptr);
  if (message.find("unsupported startup parameter") != std::string::npos) {
    message +=
        "; a pooler answers so: let database.direct_url name the server itself, or set "
        "ignore_startup_parameters = "
        "options in pgbouncer.ini";
  }
  if (!sent && message.find("read-only") != std::string::npos) return {{errc::read_only, message}, true};
  if (!sent && message.find("hot standby") != std::string::npos) return {{errc::read_only, message}, true};
  if (message.empty()) message = "the connection to the database broke";
  if (!sent || what == effect::reads) return {{errc::unavailable, message}, true};
  return {{errc::in_doubt, "the connection to the database broke while a statement ran: " + message}, true};
}

}  // namespace

translated translate(const std::exception_ptr& thrown, effect what, bool session_open, bool sent) {
  try {
    std::rethrow_exception(thrown);
  } catch (const pqxx::broken_connection& e) {
    return of_break(e.what(), what, sent);
  } catch (const pqxx::in_doubt_error& e) {
    return of_break(e.what(), effect::writes, sent);
  } catch (const pqxx::statement_completion_unknown& e) {
    return {{errc::in_doubt, sentence(e.what(), nullptr)}, false};
  } catch (const pqxx::transaction_rollback& e) {  // deadlock, serialization: no sql_error in libpqxx
    return {{errc::timeout, sentence(e.what(), nullptr)}, false};
  } catch (const pqxx::insufficient_privilege& e) {  // which libpqxx 6 throws without its SQLSTATE
    return of_statement(e.what(), "42501", what, sent);
  } catch (const pqxx::sql_error& e) {
    // without a code it is libpq that speaks: the connection is lost
    if (e.sqlstate().empty() && !session_open) return of_break(e.what(), what, sent);
    translated out = of_statement(e.what(), e.sqlstate(), what, sent);
    if (!session_open && !out.session_over) return of_break(e.what(), what, sent);
    return out;
  } catch (const std::exception& e) {
    if (!session_open) return of_break(e.what(), what, sent);
    return {{errc::internal, one_line(e.what())}, false};
  }
}

error schema_version_error(const std::string& schema, int current, int wanted) {
  const std::string both = "schema \"" + schema + "\" has version " + std::to_string(current) +
                           ", this program needs version " + std::to_string(wanted);
  if (current < wanted) return {errc::schema_mismatch, both + "; run: weir db migrate"};
  return {errc::schema_mismatch, both + "; upgrade this program"};
}

error schema_missing_error(const std::string& schema) {
  return {errc::schema_missing,
          "there is no schema \"" + schema + "\" in this database; run: weir db migrate"};
}

}  // namespace weir::postgres
