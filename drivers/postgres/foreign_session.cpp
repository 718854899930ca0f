#include "drivers/postgres/foreign_session.hpp"

#include <utility>

#include "drivers/postgres/pg_errors.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {

result<foreign_session> foreign_session::open(const options& where, const session_kind& kind) {
  const auto text = connection_text(where, kind);
  if (!text) return text.error();
  foreign_session made;
  made.schema_ = where.schema;
  try {
    made.connection_ = open_connection(*text);
    made.silence_ = std::make_unique<notice_handler>(*made.connection_);
  } catch (...) {
    return translate(std::current_exception(), effect::reads, false, false).what;
  }
  return made;
}

result<pqxx::result> foreign_session::read(const sql::statement& what, const parameters& with) {
  try {
    pqxx::read_transaction work{*connection_};
    work.exec(sql::doctor_begin.text);
    return exec(work, sql::with_schema(what.text, schema_), with);
  } catch (...) {
    return translate(std::current_exception(), effect::reads, connection_->is_open(), true).what;
  }
}

result<pqxx::result> foreign_session::ask(const sql::statement& what) {
  try {
    pqxx::nontransaction work{*connection_};
    return work.exec(what.text);
  } catch (...) {
    return translate(std::current_exception(), effect::reads, connection_->is_open(), true).what;
  }
}

}  // namespace weir::postgres
