// A session that sends no settings of weir's: through any pooler, and in databases that are not weir's.
#pragma once

#include <memory>
#include <string>

#include <pqxx/pqxx>
#include <weir/result.hpp>

#include "drivers/postgres/connection_text.hpp"
#include "drivers/postgres/parameters.hpp"
#include "drivers/postgres/pqxx_versions.hpp"
#include "drivers/postgres/sql_text.hpp"

namespace weir::postgres {

/// Reads only. One thread at a time; a lost connection stays lost.
class foreign_session {
 public:
  /// @errors unavailable, invalid (the url cannot be read)
  static result<foreign_session> open(const options& where, const session_kind& kind);

  /// One statement in a transaction of its own that has short time-outs.
  /// @errors as statements have them; unavailable
  result<pqxx::result> read(const sql::statement& what, const parameters& with = {});
  /// The same without any settings, and outside of a transaction block.
  result<pqxx::result> ask(const sql::statement& what);

  pqxx::connection& connection() { return *connection_; }

 private:
  foreign_session() = default;

  std::string schema_;
  std::unique_ptr<pqxx::connection> connection_;
  std::unique_ptr<notice_handler> silence_;  // goes first
};

}  // namespace weir::postgres
