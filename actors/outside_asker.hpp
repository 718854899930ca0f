// A question to an actor from a thread that is none of CAF's.
#pragma once

#include <caf/all.hpp>

namespace weir::actors {

/// CAF 0.17 leaves a thread that makes, spawns or asks a reference to the system's logger, for which the system's end
/// waits for as long as the thread lives: threads that are none of CAF's let go of it when they have done so.
inline void let_go_of_system() { caf::logger::set_current_actor_system(nullptr); }

/// As caf::scoped_actor, and lets go of its system in the end.
class outside_asker {
 public:
  explicit outside_asker(caf::actor_system& system) : self_(system) {}

  caf::blocking_actor* operator->() const { return self_.ptr(); }

 private:
  struct letting_go {
    ~letting_go() { let_go_of_system(); }
  };
  letting_go at_the_end_;  // after the actor, which still speaks to its system
  caf::scoped_actor self_;
};

}  // namespace weir::actors
