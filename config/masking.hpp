// Secrets out of texts that people see.
#pragma once

#include <string>
#include <string_view>

namespace weir::config {

/// Stands for a secret wherever a configuration is shown.
inline constexpr std::string_view mask = "***";

/// A database or web address without what may be a password: the user's in `scheme://user:password@`,
/// and those of `password=` and its like in query parameters and libpq words. Rather hides too much.
std::string masked_address(std::string_view address);

/// Does a header of this name carry a credential (Authorization, Cookie, X-Api-Key, ...)?
bool is_credential_header(std::string_view name);

}  // namespace weir::config
