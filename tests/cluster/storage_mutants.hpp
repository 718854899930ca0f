// Stores that do one thing wrong, to show that the checker would see it if weir did.
//
// Each is a decorator of a node's task_store, so that neither weir nor the driver contains a defect to switch
// on. What several nodes would have in common (a column of the database) is in `mutation`.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <weir/driver/coordination_store.hpp>
#include <weir/driver/retention_store.hpp>
#include <weir/driver/task_store.hpp>

namespace weir::storage_test {

enum class mutant {
  none,
  mark_by_id,             ///< a take-over reads on from the highest id that the mark passed
  no_fence,               ///< a stale owner's finish is written
  reads_again,            ///< a poll returns rows once more that were delivered before
  finished_supersedes,    ///< a newer task that has ended supersedes, too
  superseding_late,       ///< the rows of superseded tasks are written after the newer one's result
  mark_passes_unsettled,  ///< the mark goes to where reading is
  doubt_is_failure,       ///< a finish in doubt is taken for one that did nothing
  outlives_deadline,      ///< what a node runs is not ended at its deadline
  clears_nothing,         ///< a segment is emptied, and what must stay was not moved out of it
  one_age_for_all,        ///< every state is kept as long as DONE
};
const char* to_string(mutant kind);

/// What the mutants of one store share.
struct mutation {
  mutant kind = mutant::none;
  coordination_store* truth = nullptr;
  struct delivered {
    transaction_id xid;
    task_id id;
  };
  std::map<part_id, std::vector<delivered>> read;  ///< mark_by_id: what was ever delivered
  std::map<part_id, task_id> id_mark;
  std::map<std::pair<part_id, epoch_number>, reading_position> reached;       ///< of the last read
  std::map<std::pair<std::string, std::string>, std::set<task_id>> finished;  ///< by name and key
};

/// `inner` with the defect.
std::unique_ptr<task_store> mutate(std::unique_ptr<task_store> inner, std::shared_ptr<mutation> shared);
std::unique_ptr<retention_store> mutate(std::unique_ptr<retention_store> inner,
                                        const std::shared_ptr<mutation>& shared);

}  // namespace weir::storage_test
