// SUPERVISOR: passes the pulse's news on, keeps a COORDINATOR while this node leads, ends things in order.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/stores.hpp"

namespace weir::actors {

struct supervisor_parts {
  worker_actor worker;
  undertaker_actor undertaker;
  elector_actor elector;                               ///< null: this node never leads
  std::function<coordinator_actor(leader_term)> lead;  ///< spawns a COORDINATOR for a term
  std::function<void()> begin_stop;                    ///< tells the pulse to show the node as draining
  std::function<void()> on_death;                      ///< this node has declared another one dead
  std::function<void(const news_ptr&)> on_view;        ///< whoever else wants to see what a beat saw
  std::function<void(bool fenced)> on_end;             ///< everything was given up
  std::function<void()> on_alive;                      ///< the WORKER answers after a beat; may be empty
  error_sink errors;
};

struct supervisor_state {
  static inline const char* name = "supervisor";
  coordinator_actor coordinator;
  bool stopping = false;
  bool fenced = false;
  bool away = false;  ///< the last beat failed

  /// Ends the COORDINATOR, whatever ended the SUPERVISOR: nobody else knows it.
  ~supervisor_state() {
    if (coordinator) caf::anon_send_exit(coordinator, caf::exit_reason::user_shutdown);
  }
};

supervisor_actor::behavior_type supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
                                           supervisor_parts parts);

}  // namespace weir::actors
