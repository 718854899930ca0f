// Named places at which a test build dies as by kill -9, when WEIR_CRASH_AT names one: "gateway_told", or
// "before_insert:3" for the third time it is passed. Nothing, and no code, in other builds.
#pragma once

namespace weir::actors {

#ifdef WEIR_CRASH_POINTS
/// Thread-safe.
void crash_point(const char* name) noexcept;
/// The same for "when_step".
void crash_point(const char* when, const char* step) noexcept;
#else
inline void crash_point(const char* /*name*/) noexcept {}
inline void crash_point(const char* /*when*/, const char* /*step*/) noexcept {}
#endif

}  // namespace weir::actors
