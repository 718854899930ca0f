// A login of the database server, for what one role may and may not do. Gone at the end of the test.
#pragma once

#include <optional>
#include <string>

#include "tests/support/postgres_schema.hpp"

namespace weir::test_support {

/// A login with one role of a schema's, or with none. The server lets it in without a password.
class database_login {
 public:
  /// @param role  producer, reader or node; "" = nothing is granted
  database_login(postgres_schema& schema, const std::string& role);
  ~database_login();
  database_login(const database_login&) = delete;
  database_login& operator=(const database_login&) = delete;

  const std::string& name() const { return name_; }
  /// The schema's options with this login in the url.
  postgres::options where() const;
  /// Runs SQL as this login; the error's whole text, or "" if it succeeds.
  std::string error_of(const std::string& text);

 private:
  postgres_schema& schema_;
  std::string name_;
  std::optional<pqxx::connection> connection_;  ///< none once its login goes
};

}  // namespace weir::test_support
