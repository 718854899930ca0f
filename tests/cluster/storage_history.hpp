// What happened in a simulated cluster, and whether it may happen.
//
// The history is told by those who know: producers what they committed, the nodes' executors what started and
// ended, the nodes what their owners were given to see. The rules are those of the promises: nothing lost,
// newest wins, one at a time, a task ends once, attempts are counted without gap. Two of them can only be
// judged at the end, from what the store recorded.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <weir/driver/console_store.hpp>
#include <weir/driver/retention_types.hpp>

namespace weir::storage_test {

/// The message of a task that people cancelled before it ran.
inline constexpr const char* cancelled_by_people = "cancelled by people";

/// How long ended tasks are kept in a simulation that has a leader; failed ones for ever.
inline const retention_ages ages_of_all{std::chrono::milliseconds{300}, std::nullopt,
                                        std::chrono::milliseconds{500}};

/// One run, as its executor sees it.
struct run_told {
  std::string node;  ///< name
  node_id incarnation = 0;
  part_id part = 0;
  task_id task = 0;
  std::string name;
  std::optional<std::string> key;
  std::string data;
  bool owns = false;  ///< the store says that this incarnation owns the partition now
};

/// A task that retention let go of, as it was then.
struct let_go {
  task_record task;
  std::vector<attempt_record> attempts;
  wall_time at{};
};

class history {
 public:
  /// @param strict  ownership is only ever lost by its deadline: then no stale run may overlap another.
  explicit history(bool strict) : strict_(strict) {}

  // -- producers
  /// A transaction is about to end, or its end is unclear: whatever of it gets visible is visible from now on.
  void maybe_committed(const std::string& data, const std::optional<std::string>& key, std::size_t batch);
  /// It is not due when it commits.
  void deferred(const std::string& data) { promised_.at(data).later = true; }
  /// It has surely committed: it must not be lost.
  void committed(const std::string& data);

  // -- owners
  /// The owner of `part` forgot what it has seen: a new epoch.
  void new_epoch(node_id incarnation, part_id part);
  void delivered(node_id incarnation, part_id part, const std::string& name,
                 const std::optional<std::string>& key, task_id id);

  /// The same for a task that was handed, which no read brings.
  void handed(node_id incarnation, part_id part, const std::string& name,
              const std::optional<std::string>& key, task_id id);

  // -- executors
  /// Returns the run's serial; the verdict's message must be run_text(serial).
  std::size_t started(const run_told& run);
  void ended(std::size_t serial) { runs_[serial].over = true; }
  static std::string run_text(std::size_t serial) { return "run " + std::to_string(serial); }
  std::size_t runs() const { return runs_.size(); }

  // -- judgement
  void violation(std::string what) { violations_.push_back(std::move(what)); }
  const std::vector<std::string>& violations() const { return violations_; }
  /// Everything must have ended: reads what the store recorded. `calm`: nothing ever failed.
  void judge(console_store& console, const std::vector<std::string>& streams, const std::vector<let_go>& gone,
             bool calm);

 private:
  struct promise {
    std::optional<std::string> key;
    std::size_t visible_from = 0;  ///< step of the history
    std::size_t batch = 0;         ///< rows of one transaction: all or none
    bool sure = false;
    bool later = false;         ///< do_after
    std::size_t sure_from = 0;  ///< step
  };
  struct run_entry {
    run_told told;
    std::size_t step = 0;
    bool over = false;
    std::vector<task_id> older_seen;  ///< of its key, by its owner
    bool recorded = false;
  };
  using lane = std::pair<std::string, std::string>;  ///< name, key

  void judge_handed(const run_told& run, const std::string& who);
  void judge_gone(const let_go& gone);
  void judge_task(const task_record& task, const std::vector<attempt_record>& attempts);
  void judge_superseded(const std::vector<task_record>& tasks);
  void judge_order();
  void judge_batches(const std::vector<task_record>& tasks);

  bool strict_;
  std::size_t step_ = 0;
  std::map<std::string, promise> promised_;  ///< by data, which is unique
  std::map<std::pair<node_id, part_id>, std::map<lane, std::set<task_id>>> seen_;
  std::map<std::pair<node_id, part_id>, std::map<task_id, std::size_t>>
      doomed_;  ///< under this epoch: by which run
  std::set<task_id> handed_;
  /// Runs of each key under this epoch.
  std::map<std::pair<node_id, part_id>, std::map<lane, std::vector<std::size_t>>> started_;
  std::vector<run_entry> runs_;
  std::map<task_id, std::vector<std::size_t>> runs_of_;
  std::set<std::size_t> live_;
  std::map<task_id, std::size_t> final_run_;
  std::vector<std::string> violations_;
};

}  // namespace weir::storage_test
