// Starts this program again, as a runner.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include <weir/result.hpp>

#include "runner/invitation.hpp"
#include "runner/owned_fd.hpp"

namespace weir::runner {

/// The arguments this process was started with.
std::vector<std::string> own_arguments();

struct spawned {
  pid_t pid = 0;
  owned_fd pidfd;  ///< readable once the process has ended; it stays reserved until it is waited for
};

/// Starts /proc/self/exe with the same arguments, in a process group of its own (Ctrl-C is the node's), with
/// default signal handling, stdin empty and stdout joined to stderr. It inherits `socket`,
/// invited.kept_fds and nothing else; their numbers in it are filled into the variables. The database's
/// variables stay behind unless invited.with_database.
///
/// Call from a thread that lives as long as the runner may: when it ends, the runner is killed (PDEATHSIG).
/// @errors  overloaded: no process, memory or file descriptor to be had.
result<spawned> spawn_self(invitation invited, int socket);

}  // namespace weir::runner
