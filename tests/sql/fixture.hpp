// What the tests of the schema share: one schema for a program, as good as new for every test.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/postgres/postgres_driver.hpp"
#include "tests/support/postgres_schema.hpp"

namespace weir::test_support {

class sql_test : public testing::Test {
 protected:
  void SetUp() override {
    if (test_database_url().empty()) GTEST_SKIP() << "WEIR_TEST_DATABASE_URL names no database";
    static postgres_schema shared;
    schema_ = &shared;
    schema_->reset();
    driver_ = postgres::make_driver(schema_->where());
  }

  postgres_schema& schema() { return *schema_; }
  weir::driver& driver() { return *driver_; }

  pqxx::result exec(const std::string& text) { return schema_->exec(text); }
  std::string value(const std::string& text) { return schema_->value(text); }
  std::int64_t number(const std::string& text) { return schema_->number(text); }

  /// The error's whole text, or "" if the SQL succeeds.
  std::string error_of(const std::string& text) {
    try {
      exec(text);
    } catch (const pqxx::sql_error& e) {
      return e.what();
    }
    return {};
  }

 private:
  postgres_schema* schema_ = nullptr;
  std::unique_ptr<weir::driver> driver_;
};

/// The value, or the test fails here with the store's message.
template <class T>
T must(result<T> answer) {
  if (!answer)
    throw std::runtime_error(std::string(to_string(answer.error().code)) + ": " + answer.error().message);
  return std::move(answer).value();
}
inline void must(const result<void>& answer) {
  if (!answer)
    throw std::runtime_error(std::string(to_string(answer.error().code)) + ": " + answer.error().message);
}

template <class T>
std::optional<errc> code_of(const result<T>& answer) {
  return answer ? std::nullopt : std::optional{answer.error().code};
}

/// Registers an active node of that name.
inline node_id join(membership_store& on, const std::string& name) {
  node_facts facts;
  facts.name = name;
  facts.machine = "machine-of-" + name;
  facts.cluster_settings = "{}";
  const auto id = must(on.join(facts)).id;
  must(on.set_state(id, node_state::active));
  return id;
}

}  // namespace weir::test_support
