// Fires what is due: the leader's clockwork of schedules. Observes what the store says is due, decides by the rule
// (domain/due_ticks.hpp), and has the store enqueue and move on in one step.
//
// Nothing is kept that another leader could not read. That a tick is fired once rests on the store alone: two
// schedulers at once, an answer that was lost, a clock that was set back cost a look, not a second task.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <weir/driver/schedule_store.hpp>

namespace weir::cluster {

struct scheduler_settings {
  node_id me = 0;
  leader_term term;
  /// Older ticks were missed. Within this a cluster that is alive has another leader, whoever died.
  std::chrono::milliseconds grace{0};
  /// How soon a schedule is seen that people made or changed.
  std::chrono::milliseconds poll{2000};
  /// Told before and after each firing statement; may be empty.
  std::function<void(const char* when)> passing;
};

class scheduler {
 public:
  /// Schedules of one step, and ticks of one schedule in it.
  static constexpr int batch = 100;

  struct outcome {
    std::chrono::milliseconds wait{0};  ///< until the next step, at most the poll
    std::size_t moved = 0;              ///< schedules that have another next tick
    std::size_t fired = 0;              ///< tasks enqueued
    std::vector<error> troubles;        ///< each once, however often it is met
    bool over = false;                  ///< the term has ended: no further step
  };

  scheduler(schedule_store& store, scheduler_settings settings);

  outcome step();

 private:
  void fire(const due_schedules& seen, const schedule_row& row, outcome& step);
  void note(const error& trouble, const std::string& about, outcome& step);

  schedule_store& store_;
  scheduler_settings settings_;
  bool connected_ = true;
  std::map<std::string, std::string> told_;  ///< the last trouble of each schedule
};

}  // namespace weir::cluster
