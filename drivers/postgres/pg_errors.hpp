// The one place where errors of libpqxx and SQLSTATEs become weir's.
#pragma once

#include <exception>
#include <string>

#include <weir/forbidden.hpp>
#include <weir/result.hpp>

namespace weir::postgres {

/// What happens if the session breaks after the statement was sent: a read has not happened, a write may have.
enum class effect { reads, writes };

struct translated {
  error what;
  bool session_over = false;  ///< the session cannot be used any more
};

/// Translates the exception that is being handled. Call from a catch block only.
/// @param sent  false while connecting: then nothing can be in doubt
translated translate(const std::exception_ptr& thrown, effect what, bool session_open, bool sent);

/// The error for a schema of version `current` where this program needs `wanted`.
error schema_version_error(const std::string& schema, int current, int wanted);
/// The error for a database without the schema.
error schema_missing_error(const std::string& schema);

}  // namespace weir::postgres
