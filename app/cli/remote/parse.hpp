// The API's JSON back into records, as far as tables show them. What is not there stays as a record begins.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <weir/driver/console_store.hpp>
#include <weir/driver/schedule_store.hpp>
#include <weir/result.hpp>

#include "app/cli/status_warnings.hpp"

namespace weir::app {

struct parsed_cluster {
  cluster_view view;  ///< ids of streams and partitions are made up
  std::vector<warning> warnings;
};

/// Each answers an error (unavailable) for what is not such JSON: somebody else's server, or another version.
result<parsed_cluster> parse_cluster(std::string_view json);
result<task_record> parse_task(std::string_view json);
result<std::vector<attempt_record>> parse_attempts(std::string_view json);
result<task_page> parse_tasks(std::string_view json);
/// The same page, ids alone.
task_id_page ids_of(const task_page& page);
result<std::vector<term_row>> parse_terms(std::string_view json);
result<std::vector<owner_record>> parse_owners(std::string_view json);
result<audit_page> parse_audit(std::string_view json);
result<schedule_row> parse_schedule(std::string_view json);
result<std::vector<schedule_row>> parse_schedules(std::string_view json);

}  // namespace weir::app
