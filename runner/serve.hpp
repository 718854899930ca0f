// The inside of a runner process: performs what its node sends until the node lets go of it.
#pragma once

#include "runner/action_table.hpp"
#include "runner/invitation.hpp"
#include "runner/stream_hooks.hpp"

namespace weir::runner {

/// Serves the node that started this process; runner::take_invitation() says whether one did. Call it
/// from the main thread, before this program has threads or children of its own if that can be had.
///
/// Nothing runs before a kernel timer is armed that ends this process at its ownership's deadline. Children
/// live in a pid namespace that ends with it, where the kernel permits. Does not return: the process exits
/// with status 0 when the node closes it, and at once when the node is gone. Returns 2 if `invited` names
/// no socket (somebody set the variable by hand).
/// @param hooks  of the stream that this runner is for.
int serve_runner(invitation invited, const action_table& actions, const stream_hooks& hooks = {});

}  // namespace weir::runner
