// The exit codes of the `weir` command, and the one place where an operating error becomes one.
#pragma once

#include <weir/result.hpp>

namespace weir::app {

/// What the command tells the shell. Stable: scripts, systemd units and probes rely on it.
enum class exit_code : int {
  ok = 0,
  failed = 1,  ///< the thing was tried and did not succeed
  usage = 2,   ///< arguments are wrong
  not_found = 3,
  unreachable = 4,     ///< database or API
  refused = 5,         ///< by state: name taken, unfinished tasks, stale epoch
  problems = 6,        ///< doctor found some
  configuration = 78,  ///< bad configuration; schema missing or of another version
  late = 124,          ///< --wait was over before the thing happened
};

constexpr int number(exit_code code) noexcept { return static_cast<int>(code); }

/// How an error of the driver leaves the command.
exit_code exit_code_of(errc code) noexcept;

}  // namespace weir::app
