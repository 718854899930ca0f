// Statements of sql/queries/roles.sql.
#include "drivers/postgres/role_grants.hpp"

#include "drivers/postgres/session.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

const session_kind grants_kind{"grants", true, std::chrono::seconds{30}, false, true, false, true};

result<void> run(const options& where, const sql::statement& what, const parameters& with) {
  session on{where, grants_kind};
  const auto done = on.run(what, with, effect::writes);
  if (!done) return done.error();
  return {};
}

}  // namespace

result<void> change_grant(const options& where, const role_grant& wanted) {
  return run(where, wanted.given ? sql::grant_role : sql::revoke_role,
             parameters{}.add(wanted.role).add(wanted.grantee));
}

result<void> renew_grants(const options& where) { return run(where, sql::renew_grants, {}); }

}  // namespace weir::postgres
