// How long an owner may believe that it owns.
//
// An owner measures from before its last good beat was sent; an observer from after it first saw that beat,
// which is later. The owner stops a margin before a ttl has passed, the observer acts when it has passed:
// so nobody takes over before the owner has stopped, as long as margin > ttl * clock drift * 2 + the kill.
#pragma once

#include <chrono>

#include <weir/boot_clock.hpp>

namespace weir::domain {

/// Where ownership ends by this node's own clock. Everything under it must be dead by then.
/// @param sent  read before the last good beat was sent; never the time of its answer.
boot_time ownership_deadline(boot_time sent, std::chrono::milliseconds ttl, std::chrono::milliseconds margin);

/// How long to wait before a failed beat is tried again: half of what is left, between 100 ms and 1 s. A
/// fixed wait longer than what is left would turn every hiccup of the database into a death.
/// At and past the deadline there is nothing left to save: 1 s, gentle to a database that comes back.
std::chrono::milliseconds beat_retry_wait(boot_time now, boot_time deadline);

}  // namespace weir::domain
