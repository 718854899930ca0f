// One pass of change data capture: compare, handle what changed, keep the hashes of what was handled.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <weir/cdc.hpp>
#include <weir/context.hpp>
#include <weir/driver.hpp>
#include <weir/result.hpp>

namespace weir::actions {

struct cdc_plan {
  std::string name;        ///< of the action
  std::string controller;  ///< a uuid, in lower case
  cdc_query source;
  int limit = defaults::cdc_limit;  ///< objects handled in one pass, >= 1
  bool allow_empty = false;
  bool enqueues = false;  ///< a task for each change; the callbacks are not used
  change_callback create, update, remove;
};

struct cdc_report {
  cdc_counts counts;
  std::string first_failure;     ///< with its object
  bool limited = false;          ///< there may be more to do: the next pass goes on
  bool stopped = false;          ///< asked to end before it was through
  std::int64_t source_rows = 0;  ///< read

  /// "12 created, 3 updated, 1 deleted, 2 failed, first: ..."
  std::string text() const;
};

/// Runs a pass in this thread. What changed is gathered first, up to the limit, and the source let go of before
/// anything is handled. Objects are taken in a circle, from where the last pass stopped: those that fail do not keep
/// the others from their turn. Holds a page of each side and `limit` changes in memory.
/// @errors what the store or the source says; what was handled before stays so. Also invalid: the source is empty
///         all at once.
result<cdc_report> run_pass(const cdc_plan& plan, weir::driver& store, context& ctx);

}  // namespace weir::actions
