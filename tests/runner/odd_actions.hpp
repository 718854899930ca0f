// Actions for runner processes: good ones, and every way to misbehave.
#pragma once

#include <string>
#include <vector>

#include "runner/action_table.hpp"
#include "runner/stream_hooks.hpp"

namespace weir::runner {

/// By name: success retry failure throw throw_int exit abort segfault stubborn obedient spin timed_stubborn
/// timed_obedient daemon crowd log big_message facts write_garbage close_socket thread session never_close
/// progress_then_abort. See odd_actions.cpp.
action_table odd_actions();
/// Of the stream "hooked": they count a session in memory, which `session` tells. Others have none.
stream_hooks odd_hooks(const std::string& stream);

/// A page shared with the actions `spin` and `daemon` through the file of their data.
struct heartbeat {
  volatile boot_time::rep last;  ///< when its writer last executed an instruction
  volatile int pid;              ///< as the writer sees itself
};

/// Maps the page of `file`, which is created if need be.
heartbeat* map_heartbeat(const std::string& file);
/// True if no process holds the lock that a `spin`, `daemon` or `crowd` takes on `file`.
bool nobody_holds(const std::string& file);
/// The processes that have the file of that lock open, this one left out.
std::vector<int> holders_of(const std::string& file);

}  // namespace weir::runner
