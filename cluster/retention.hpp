// Lets ended tasks go: the leader's care for the storage of tasks. Observes what the store shows, decides by the rule
// (domain/retention_plan.hpp), and has the store do a small portion in each step.
//
// Nothing is kept that another leader could not find out again: wherever it is broken off, what it did stands, and the
// next leader begins with a look. Whatever is lost is lost by the store's own checks alone.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include <weir/driver/retention_store.hpp>

#include "domain/retention_plan.hpp"

namespace weir::cluster {

struct retention_settings {
  node_id me = 0;
  leader_term term;
  /// How soon it is seen that people or nodes changed something.
  std::chrono::milliseconds poll{60'000};
  /// Between two portions of work, so that it stays in the background.
  std::chrono::milliseconds pace{100};
  /// Ended tasks that a portion looks at, and of each kind deletes or moves.
  int most_seen = 20'000;
  int most_changed = 1'000;
  /// Told before and after each statement that changes something; may be empty.
  std::function<void(const char* when)> passing;
};

class retention {
 public:
  struct outcome {
    std::chrono::milliseconds wait{0};  ///< until the next step
    bool idle = false;                  ///< nothing was to be done: the session is not needed until then
    std::int64_t emptied = 0;           ///< segments
    std::int64_t dropped = 0;           ///< segments
    std::vector<error> troubles;        ///< each once, however often it is met
    bool over = false;                  ///< the term has ended: no further step
  };

  explicit retention(retention_settings settings) : settings_(std::move(settings)) {}

  /// @param store  any open or broken session; another one than at the last step is fine.
  outcome step(retention_store& store);

 private:
  using act = domain::retention_act;

  /// A walk over a segment that is under way.
  struct walk {
    act what;
    task_id after = 0;
    wall_time begun{};  ///< by the store's clock
    snapshot taken;     ///< from before it
    domain::segment_count sum;
    std::optional<std::chrono::milliseconds> next_in;
  };

  void look(retention_store& store, outcome& now);
  void begin(const act& next, const retention_view& seen, retention_store& store, outcome& now);
  void go_on(retention_store& store, outcome& now);
  void end_walk(outcome& now);
  /// Empties or drops a segment.
  void let_go(const act& what, wall_time at, retention_store& store, outcome& now);
  void note(const error& trouble, outcome& now);
  void tell(const char* when) const {
    if (settings_.passing) settings_.passing(when);
  }

  retention_settings settings_;
  bool connected_ = true;
  retention_policy ages_;  ///< in force
  std::optional<std::chrono::milliseconds> shortest_;
  std::map<segment_number, domain::segment_memory> memory_;
  wall_time kept_not_before_{};
  std::optional<walk> walk_;
  std::string told_;  ///< the last trouble
};

}  // namespace weir::cluster
