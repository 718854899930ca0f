// What a supervised node is told of the process before it: a variable that it takes out of its environment.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::app {

/// A node process that its supervisor saw end.
struct former_process {
  int pid = 0;
  std::string how;  ///< "was killed by signal 11", "exited with 3"
};

/// True for the name of that variable.
bool tells_of_former_process(std::string_view variable);

/// As "NAME=value".
std::string to_environment(const former_process& former);

/// Reads it and removes it, so that nothing which this process starts takes itself for the next one; nullopt if nobody
/// said anything, or nothing that makes sense. Call it while there is one thread.
std::optional<former_process> take_former_process();

}  // namespace weir::app
