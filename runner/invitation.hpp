// How a node tells the program it started again that it is a runner: WEIR_RUNNER_... variables.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace weir::runner {

/// What a new runner needs to know before its first frame.
struct invitation {
  int fd = -1;                    ///< WEIR_RUNNER_FD: its end of the socket
  std::string stream;             ///< WEIR_RUNNER_STREAM
  std::string node;               ///< WEIR_RUNNER_NODE: the node's name
  std::size_t payload_limit = 0;  ///< WEIR_RUNNER_LIMIT, bytes
  std::vector<int> kept_fds;      ///< WEIR_RUNNER_KEEP: held open on purpose (the state lock), e.g. "4,5"
  int parent = 0;                 ///< WEIR_RUNNER_PARENT: the node's process id, as the runner sees it
  bool with_database = false;     ///< the database's variables are handed on, too; said by them alone
  int guard_fd = -1;              ///< WEIR_RUNNER_GUARD: set in the second start of a contained runner only
};

/// The variables as "NAME=value".
std::vector<std::string> to_environment(const invitation& what);

/// True if this process was started as a runner.
bool invited() noexcept;

/// Reads the invitation out of the environment and removes it there, so that nothing this process starts
/// takes itself for a runner. nullopt if there is none; one that makes no sense has fd -1 (serve_runner
/// refuses it).
std::optional<invitation> take_invitation();

}  // namespace weir::runner
