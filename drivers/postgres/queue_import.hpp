// Moving over from episub/queue: its table in the same database, row by row, and then the view in its place.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "drivers/postgres/postgres_driver.hpp"

namespace weir::postgres {

/// Rows of one state that have the same problem, or none.
struct queue_rows {
  std::string state;    ///< as the table spells it
  std::string problem;  ///< what keeps them from being tasks; "" = nothing
  std::int64_t count = 0;
  std::string example;  ///< the id of one

  bool finished() const { return state == "DONE" || state == "FAILED" || state == "CANCELLED"; }
};

/// What one transaction moved.
struct queue_batch {
  std::int64_t tasks = 0;  ///< unfinished rows
  std::int64_t ended = 0;  ///< finished ones, as history
  std::int64_t held =
      0;  ///< rows that somebody has locked: these stay, and newer ones of their keys with them
};

struct queue_switch {
  std::string renamed;  ///< what the table is called now
  std::int64_t tasks = 0;
  std::int64_t ended = 0;
};

/// A session whose transaction has used the table and is not over.
struct table_holder {
  int pid = 0;
  std::string program;
  std::string from;  ///< its address
  double seconds = 0;
};

/// One table, one session, one owner thread. What moves rows adds up in one row of the audit.
class queue_import {
 public:
  virtual ~queue_import() = default;

  /// "schema.table" as SQL spells it.
  virtual const std::string& table() const = 0;
  /// Counts everything, in one scan of the table.
  virtual result<std::vector<queue_rows>> look() = 0;
  /// The oldest rows without a problem, in the order in which they must be moved: at most `most` ids.
  /// @param history  finished rows, too
  virtual result<std::vector<std::string>> oldest(bool history, int most) = 0;
  /// Moves rows in one transaction: killed at any place, nothing is lost or doubled. Those that somebody has locked
  /// stay, and those that ended since they were listed, unless history is wanted.
  /// @errors unavailable, in_doubt (go on or start again: both are safe), timeout, invalid (no right to)
  virtual result<queue_batch> move(bool history, const std::vector<std::string>& ids) = 0;
  /// Moves the last rows, renames the table and puts the view in its place, in one transaction that nobody can
  /// insert beside.
  /// @errors timeout (a transaction that used the table is not over: again), refused (more than `most` rows are
  ///         left, or the new name is taken), and as above
  virtual result<queue_switch> switch_over(bool history, int most) = 0;
  /// Who keeps a switch from happening, the longest first.
  virtual result<std::vector<table_holder>> holders() = 0;
};

/// @param table  SCHEMA.TABLE, each part quoted or not; without a schema `public`
/// @errors not_found, invalid (it is no table of the seed: says why), refused (it is weir's view already, or another
///         session moves it over just now), unavailable
result<std::unique_ptr<queue_import>> open_queue_import(const options& where, const std::string& table,
                                                        const operator_identity& who = {});

/// What became of the view that producers of the seed write to.
enum class queue_view {
  there,   ///< it stands where it is wanted
  placed,  ///< it was made now
  table,   ///< a table stands there: only switch_over may take its place
  off,     ///< none is wanted: it takes no rows
};

/// Puts the view where `place` says, as SCHEMA.NAME; "" = nowhere. `weir.message_queue` is the one inside weir's
/// schema, whatever that is called.
/// @errors invalid (no such schema, no name), unavailable
result<queue_view> place_message_queue(const options& where, const std::string& place);

}  // namespace weir::postgres
