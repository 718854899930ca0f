// Bulk enqueue: lines in, one result a line out, in batches that are each all or nothing.
//
// A bad line never stops the others: what the database refuses is halved until the culprit is alone.
// What may have happened (in_doubt) is reported as that and never sent twice.
#pragma once

#include <chrono>
#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include <weir/driver/console_store.hpp>

namespace weir::app {

struct line_result {
  std::size_t line = 0;  ///< from 1
  std::optional<task_id> id;
  error problem;  ///< meaningful without an id
};

/// {"line":N,"id":"..."} or {"line":N,"error":{"code","message"}}, compact.
std::string line_result_json(const line_result& result);

struct enqueue_totals {
  std::int64_t enqueued = 0;
  std::int64_t failed = 0;  ///< in_doubt ones included
  std::int64_t in_doubt = 0;
};

class line_enqueuer {
 public:
  static constexpr std::size_t batch_lines = 500;
  static constexpr std::size_t batch_bytes = std::size_t{1} << 20U;

  struct hooks {
    std::function<void(const line_result&)> on_result;     ///< in line order
    std::function<void(const enqueue_totals&)> on_batch;   ///< for progress
    std::function<bool(std::chrono::milliseconds)> pause;  ///< between attempts while the database is away
    /// By message; empty: by the store.
    std::function<result<std::vector<task_id>>(const std::vector<insert_row>&)> send;
  };

  line_enqueuer(console_store& store, std::size_t payload_limit, hooks calls)
      : store_(store), payload_limit_(payload_limit), hooks_(std::move(calls)) {}

  /// Reads to the end of `in`. Sends a batch early whenever no further input is waiting, so that tasks
  /// that trickle in are not held back. Blank lines are skipped.
  enqueue_totals run(std::istream& in);

 private:
  struct pending_line {
    std::size_t number = 0;
    result<insert_row> row;
  };

  void add(std::size_t number, const std::string& text, bool too_long);
  void flush();
  std::vector<result<task_id>> send(const std::vector<insert_row>& rows);
  result<std::vector<task_id>> insert(const std::vector<insert_row>& rows);
  result<std::vector<task_id>> insert_once(const std::vector<insert_row>& rows);

  console_store& store_;
  std::size_t payload_limit_;
  hooks hooks_;
  std::vector<pending_line> pending_;
  std::size_t bytes_ = 0;
  enqueue_totals totals_;
  bool away_ = false;  ///< the last batch waited in vain: later ones try once
};

}  // namespace weir::app
