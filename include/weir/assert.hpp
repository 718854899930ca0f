// Assertions for programmer errors. They stay on in release builds: a node that has left its own
// rules must stop (its partitions run elsewhere within a ttl) rather than go on and be wrong.
#pragma once

namespace weir {
/// Prints the failed condition with its place to stderr and aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;
}  // namespace weir

#define WEIR_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::weir::assertion_failed(#condition, __FILE__, __LINE__))
