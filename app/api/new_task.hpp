// New tasks as they come by HTTP: read, checked, and shown again.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <weir/driver/console_store.hpp>

#include "app/api/request_body.hpp"

namespace weir::app {

/// One task object. @return 400 malformed, 413 data too large, 422 otherwise
std::variant<insert_row, refusal> read_new_task(std::string_view json, std::size_t payload_limit);

struct new_task_line {
  std::optional<insert_row> row;
  error why;  ///< where there is no row
};
/// NDJSON; empty lines are left out. @return 400 if there is none, 413 for more than 10,000
std::variant<std::vector<new_task_line>, refusal> read_new_tasks(std::string_view body,
                                                                 std::size_t payload_limit);
/// {"id":".."} or {"error":{"code","detail"}} for each, in order. @param ids  of those that have a row
std::string result_lines(const std::vector<new_task_line>& lines, const std::vector<task_id>& ids);

/// A task that has just been inserted, without asking for it.
task_record record_of(const insert_row& sent, const inserted& made, const std::string& stream);
/// Is this what was asked for, as far as both say?
bool same_task(const insert_row& asked, const task_record& task);

/// Partition -> stream, as last seen. Threads: any.
class stream_names {
 public:
  std::optional<std::string> find(part_id part) const;
  void learn(const catalog& rows);

 private:
  mutable std::mutex lock_;
  std::map<part_id, std::string> names_;
};

}  // namespace weir::app
