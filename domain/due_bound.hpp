// How far ahead a task may be put off.
#pragma once

#include <weir/boot_clock.hpp>
#include <weir/result.hpp>

namespace weir::domain {

/// Checks the instant before which a task shall not run: before the year 9999, which is the last that every way in
/// and out of the store can spell.
/// @errors invalid
result<void> check_do_after(wall_time at);

}  // namespace weir::domain
