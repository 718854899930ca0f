// A fresh, migrated schema of a test's own in the database of WEIR_TEST_DATABASE_URL, dropped at its end.
#pragma once

#include <cstdint>
#include <string>

#include <pqxx/pqxx>

#include "drivers/postgres/postgres_driver.hpp"

namespace weir::test_support {

/// The url tests are given; "" = none (then tests that need a database skip, and say so).
std::string test_database_url();

/// A name like "weir_test_4711_3_a2f0" that no other test uses now.
std::string unique_schema_name();

/// Creates and migrates in its constructor; throws std::runtime_error if that fails.
class postgres_schema {
 public:
  /// @param migrated  false: only the name is reserved, nothing is created
  explicit postgres_schema(bool migrated = true);
  ~postgres_schema();
  postgres_schema(const postgres_schema&) = delete;
  postgres_schema& operator=(const postgres_schema&) = delete;

  const std::string& name() const { return where_.schema; }
  /// Options of a driver for this schema; its sessions carry the schema's name in application_name.
  const postgres::options& where() const { return where_; }

  /// `sql` with `weir.` replaced by this schema: see drivers/postgres/sql_text.hpp.
  std::string sql(const std::string& text) const;
  /// Runs SQL on a connection of the test's own, in a transaction of its own.
  pqxx::result exec(const std::string& text);
  /// The first field of the first row as text, "" for null.
  std::string value(const std::string& text);
  std::int64_t number(const std::string& text) { return std::stoll(value(text)); }

  /// Makes it as good as new: no rows but those of the migrations. Much faster than another schema.
  void reset();

  /// Ends every session of drivers made with where().
  void end_sessions();
  /// From now on weir.tli() answers one more, as after the promotion of a standby.
  void fail_over();
  /// The next id is the first one of another segment.
  void fill_segment();

 private:
  postgres::options where_;
  pqxx::connection connection_;
};

}  // namespace weir::test_support
