// `weir db copy`: what a store of `weir dev` holds, into PostgreSQL.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>

#include <weir/result.hpp>

#include "drivers/postgres/store_copy.hpp"

namespace weir::app {

struct copy_order {
  std::filesystem::path from;  ///< weir.db
  bool history = false;        ///< what is done or cancelled, too
  postgres::copy_wish how;
  /// How long the runs of a process that was killed may take to end: its ttl.
  std::chrono::milliseconds patience{0};
};

struct copied_store {
  postgres::copy_report made;
  domain::task_totals left;  ///< tasks that stay behind
};

/// All of it or nothing. The store is held meanwhile, and refused to `weir dev` from then on.
/// @errors those of sqlite::store_file and postgres::copy_store; refused: runs of a killed process are not over
result<copied_store> copy_store(const copy_order& what, const postgres::options& to,
                                const operator_identity& who,
                                const std::function<void(std::int64_t)>& progress);

}  // namespace weir::app
