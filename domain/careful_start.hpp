// How a new owner starts tasks after its predecessor died: one of them may have killed it (DESIGN promise 8).
//
// A start is made durable before it runs, so that the next owner can tell who was at it when a node died. That costs a
// commit, and not every task that ran is among the first that run again (late commits, paused names and promotions go
// ahead): so a few starts are marked, twice as many each time that did not help, and none after a clean minute.
#pragma once

#include <chrono>

namespace weir::domain {

/// This long after a take-over its owner counts as clean.
inline constexpr std::chrono::minutes careful_for{1};

/// Starts that are marked after `unclean` owners in a row died: 0 after none, then 16, 32 ... at most 16,384.
int marked_starts(int unclean);

}  // namespace weir::domain
