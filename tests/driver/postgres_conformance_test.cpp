// The conformance suite on the postgres driver: one schema, as good as new for every test. With WEIR_TEST_AS_NODE set
// the driver logs in with no more than the role node.
#include <cstdlib>

#include <gtest/gtest.h>
#include <weir/testing/driver_conformance.hpp>

#include "drivers/postgres/fields.hpp"
#include "drivers/postgres/postgres_driver.hpp"
#include "drivers/postgres/pqxx_versions.hpp"
#include "tests/support/database_login.hpp"
#include "tests/support/postgres_schema.hpp"

namespace weir::conformance {
namespace {

using test_support::database_login;
using test_support::postgres_schema;

class postgres_producer final : public producer {
 public:
  explicit postgres_producer(const postgres_schema& schema)
      : schema_(schema), connection_(schema.where().url), work_(connection_) {}

  task_id insert(const insert_row& row) override {
    const auto rows = postgres::exec(
        work_,
        schema_.sql(
            "select weir.enqueue($1, $2, $3::jsonb, $4, weir.from_us($5), coalesce($6, current_user))"),
        postgres::parameters{}
            .add(row.name)
            .add(row.key)
            .add(row.data)
            .add(row.stream)
            .add(postgres::microseconds_of(row.do_after))
            .add(row.created_by));
    return rows[0][0].as<task_id>();
  }
  void hold_fence(part_id part) override {
    work_.exec(
        schema_.sql("select from weir.partition where part_id = " + std::to_string(part) + " for share"));
  }
  void commit() override { work_.commit(); }
  void rollback() override { work_.abort(); }

 private:
  const postgres_schema& schema_;
  pqxx::connection connection_;
  pqxx::work work_;
};

class postgres_harness final : public harness {
 public:
  postgres_harness() {
    if (!missing().empty()) return;
    static postgres_schema schema;
    schema_ = &schema;
    schema_->reset();
    static std::unique_ptr<database_login> login;  // gone before the schema
    if (std::getenv("WEIR_TEST_AS_NODE") != nullptr && !login)
      login = std::make_unique<database_login>(schema, "node");
    driver_ = postgres::make_driver(login ? login->where() : schema_->where());
  }

  std::string missing() const override {
    return test_support::test_database_url().empty() ? "WEIR_TEST_DATABASE_URL names no database" : "";
  }
  weir::driver& driver() override { return *driver_; }
  std::unique_ptr<producer> begin() override { return std::make_unique<postgres_producer>(*schema_); }
  void fail_over() override { schema_->fail_over(); }
  void break_sessions() override { schema_->end_sessions(); }
  void fill_segment() override { schema_->fill_segment(); }
  cdc_query source(const std::vector<cdc_source_row>& rows) override {
    std::string values;
    const auto literal = [](const std::optional<std::string>& text) {
      return text ? "'" + *text + "'" : "null";
    };
    for (const auto& row : rows) {
      values += (values.empty() ? "" : ", ") + ("(" + literal(row.object) + ", " + literal(row.hash) + ")");
    }
    return {"", "select * from (values " + values + ") v(object_id, hash)", std::chrono::seconds{5}};
  }
  wall_time now() override {
    return wall_time{std::chrono::microseconds{schema_->number("select weir.to_us(clock_timestamp())")}};
  }

 private:
  postgres_schema* schema_ = nullptr;
  std::unique_ptr<weir::driver> driver_;
};

}  // namespace

std::unique_ptr<harness> make_harness() { return std::make_unique<postgres_harness>(); }

}  // namespace weir::conformance
