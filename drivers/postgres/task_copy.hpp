// The tasks of another store, as a part of copying it.
#pragma once

#include <functional>
#include <map>

#include "domain/store_contents.hpp"
#include "drivers/postgres/session.hpp"

namespace weir::postgres {

/// Runs a statement whose answer does not matter.
result<void> put(const session::step& run, const sql::statement& what, const parameters& with = {});

/// Within one transaction. The streams must be there, and nobody may own a partition that tasks go to.
class task_copy {
 public:
  task_copy(const session::step& run, domain::store_contents& from);

  /// @param first_owner  the incarnation that stands for the store: attempts were its
  /// @param progress  hears how many tasks are there
  result<void> all(node_id first_owner, const std::function<void(std::int64_t)>& progress);

  const domain::task_totals& made() const { return made_; }
  /// What the tasks that schedules fired last are called here, by their former ids.
  std::map<task_id, task_id> last_of_schedules() const;

 private:
  result<void> some_tasks(const std::vector<domain::stored_task>& some);
  result<void> what_belongs_to(const std::vector<domain::stored_task>& some, const pqxx::result& placed);
  result<void> write_totals(node_id first_owner);
  void count(const domain::stored_task& task, task_id id, part_id part);

  const session::step& run_;
  domain::store_contents& from_;
  domain::task_totals made_;
  std::map<part_id, domain::task_totals> parts_;
  std::map<task_id, task_id> new_ids_;  ///< 0 = not come by
};

}  // namespace weir::postgres
