// Statements of sql/queries/roles.sql.
#include "drivers/postgres/role_grants.hpp"

#include "drivers/postgres/acting.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

const session_kind grants_kind{"grants", true, std::chrono::seconds{30}, false, true, false, true};

}  // namespace

result<void> change_grant(const options& where, const role_grant& wanted, const operator_identity& who) {
  session on{where, grants_kind};
  const auto done = act(on, who, domain::granting(wanted.role, wanted.grantee, wanted.given),
                        wanted.given ? sql::grant_role : sql::revoke_role,
                        parameters{}.add(wanted.role).add(wanted.grantee));
  if (!done) return done.error();
  return {};
}

result<void> renew_grants(const options& where) {
  session on{where, grants_kind};
  const auto done = on.run(sql::renew_grants, {}, effect::writes);
  if (!done) return done.error();
  return {};
}

}  // namespace weir::postgres
