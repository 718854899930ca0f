// The schema's versions: what is there, and making it what this program needs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "drivers/postgres/postgres_driver.hpp"

namespace weir::postgres {

/// How far the schema is.
struct schema_status {
  int current = 0;                   ///< newest applied migration, 0 = no schema
  int wanted = 0;                    ///< newest migration of this program
  std::vector<std::string> pending;  ///< names of the ones between, in order
  int oldest_program = 1;            ///< programs that want less must not work with the schema

  bool missing() const { return current == 0; }
  bool older() const { return current < wanted; }
  bool newer() const { return current > wanted; }
  /// This program may work with it: nothing is pending, and nothing newer forbids it.
  bool fits() const { return !older() && oldest_program <= wanted; }
};

/// Reads the status; changes nothing.
/// @errors unavailable, read_only, schema_mismatch (an applied migration has another checksum: the message
///         names it)
result<schema_status> schema_status_of(const options& where);

/// The statements of what is pending, in order: name and text, for this schema.
/// @errors as above
result<std::vector<std::pair<std::string, std::string>>> plan_of(const options& where);

/// Applies what is pending, each migration in a transaction of its own, under an advisory lock: a second
/// migrator waits. `progress` gets a line for each, and the audit a row for all. The answer is the status afterwards.
/// A schema that is newer, and that this program may work with, is left as it is.
/// @errors as above; schema_mismatch also when the schema is too new for this program
result<schema_status> migrate(const options& where, const std::function<void(const std::string&)>& progress,
                              const operator_identity& who = {});

/// What `adopt` has done.
struct adoption {
  std::int64_t tasks_up_to = 0;  ///< the highest id that came along
  std::int64_t unfinished = 0;
  std::int64_t nodes_ended = 0;  ///< that were alive in the copy
  bool tokens_fall =
      false;  ///< this server's timeline is lower: fencing tokens begin below those given out there
};

/// Makes a schema that was restored from a dump, or replicated logically, work on this server: ids go on above those of
/// the copy, every unfinished task waits, and nothing of its former nodes is alive. One transaction.
/// @errors unavailable, read_only, forbidden, schema_missing, schema_mismatch (migrate first), refused (it is at home
///         here)
result<adoption> adopt(const options& where, const operator_identity& who);

/// Drops a schema that `weir bench` made, with all that is in it; asserts that its name begins with weir_bench_.
/// @errors unavailable, read_only
result<void> drop_schema(const options& where);

}  // namespace weir::postgres
