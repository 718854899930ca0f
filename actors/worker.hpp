// WORKER: carries the worker machine's requests to the sessions and executors, and their answers back.
#pragma once

#include <functional>

#include "actors/executor_set.hpp"
#include "actors/interfaces.hpp"
#include "actors/note_box.hpp"

namespace weir::actors {

struct worker_parts {
  keeper_actor keeper;
  reader_actor reader;
  finisher_actor finisher;
  std::shared_ptr<executor_set> executors;
  cluster::worker_settings settings;
  cluster::worker_machine::options_of actions;
  std::shared_ptr<note_box> notes;  ///< what people shall know
  std::function<double()> random;
  std::function<cluster::moment()> now;
  std::function<void(std::vector<cluster::freed_part>)>
      on_freed;                                    ///< given back for nodes that wait for them
  std::function<void()> on_idle;                   ///< everything was given up, once, after stop or fenced
  std::function<void(cluster::wakeup)> on_wakeup;  ///< it looks for tasks; may be empty
};

struct worker_state {
  static inline const char* name = "worker";
  std::unique_ptr<cluster::worker_machine> machine;
  std::vector<std::string> closing;  ///< streams whose executor is being closed
  std::uint64_t generation = 0;      ///< of the pending step: older ones are ignored
  boot_time step_at{};
  std::int64_t refused_noted = 0;
  news_ptr seen;  ///< the last view: for the log
  bool ending = false;
  bool said_idle = false;
};

worker_actor::behavior_type worker(worker_actor::stateful_pointer<worker_state> self, worker_parts parts);

}  // namespace weir::actors
