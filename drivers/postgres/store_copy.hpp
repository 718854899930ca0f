// Taking over what another store of weir had, in one transaction.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "domain/store_contents.hpp"
#include "drivers/postgres/postgres_driver.hpp"

namespace weir::postgres {

struct copy_wish {
  bool merge = false;    ///< also into streams that have unfinished tasks here
  bool dry_run = false;  ///< looks whether it can be done, and changes nothing
};

/// What was made here.
struct copy_report {
  int streams = 0;
  int routes = 0;
  int schedules = 0;
  int paused_names = 0;
  int controllers = 0;  ///< of change data capture
  domain::task_totals tasks;
  /// What there was already and differs: it stays as it is. One sentence each.
  std::vector<std::string> differences;
};

/// Copies all of it, or nothing. What there was here under the same name stays as it is; of two pauses the longer is in
/// force. Tasks get new ids in their old order, so that of one key the newest stays the newest.
/// @param of  where it came from, for the audit
/// @param from  its tasks are used up
/// @param progress  hears after every step how many tasks are there
/// @errors refused (it was copied before, a stream has unfinished tasks here, or a node owns one that tasks would
///         go to), timeout (another copy is at work), unavailable, invalid, in_doubt (a second copy will be refused
///         if it happened)
result<copy_report> copy_store(const options& where, const operator_identity& who, const std::string& of,
                               domain::store_contents& from, const copy_wish& how,
                               const std::function<void(std::int64_t)>& progress);

}  // namespace weir::postgres
