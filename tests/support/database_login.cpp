// Creates and drops logins for tests.
#include "tests/support/database_login.hpp"

#include <atomic>

namespace weir::test_support {
namespace {

std::string url_as(const std::string& login) {
  const std::string url = test_database_url();
  if (url.find("://") == std::string::npos) return url + " user=" + login;
  return url + (url.find('?') == std::string::npos ? "?" : "&") + "user=" + login;
}

std::string created(postgres_schema& schema, const std::string& role) {
  static std::atomic<int> count{0};
  std::string name = schema.name() + "_" + (role.empty() ? "nobody" : role) + std::to_string(++count);
  schema.exec("create role " + name + " login");
  if (!role.empty()) schema.exec("select weir.grant_role('" + role + "', '" + name + "')");
  return name;
}

}  // namespace

database_login::database_login(postgres_schema& schema, const std::string& role)
    : schema_(schema), name_(created(schema, role)), connection_(url_as(name_)) {}

database_login::~database_login() {
  try {
    connection_.reset();
    schema_.exec("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = '" + name_ +
                 "'");
    schema_.exec("drop owned by " + name_ + "; drop role " + name_);
  } catch (const std::exception&) {
    // a test that failed left something behind: the login stays, its name is never used again
  }
}

postgres::options database_login::where() const {
  postgres::options out = schema_.where();
  out.url = url_as(name_);
  return out;
}

std::string database_login::error_of(const std::string& text) {
  try {
    pqxx::nontransaction work{*connection_};
    work.exec(schema_.sql(text));
  } catch (const pqxx::sql_error& e) {
    return e.what();
  }
  return {};
}

}  // namespace weir::test_support
