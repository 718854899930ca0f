// Giving weir's roles (producer, reader, node) to logins and groups of the database server.
#pragma once

#include <string>

#include <weir/forbidden.hpp>

#include "drivers/postgres/postgres_driver.hpp"

namespace weir::postgres {

struct role_grant {
  std::string role;     ///< producer, reader or node
  std::string grantee;  ///< a role of the database server: a login or a group
  bool given = true;    ///< false: taken back
};

/// Gives or takes back, and leaves a row in the audit. Giving again changes nothing.
/// @errors invalid (no such role of weir), not_found (the server has no such grantee, or it has not got the role),
///         forbidden (the url's login does not own the schema), schema_missing, schema_mismatch, unavailable
result<void> change_grant(const options& where, const role_grant& wanted, const operator_identity& who = {});

/// Gives everybody what his role has by now: for after a migration.
/// @errors as above
result<void> renew_grants(const options& where);

}  // namespace weir::postgres
