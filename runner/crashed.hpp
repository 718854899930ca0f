// How an action that runs its work in a process of its own reports that this process crashed.
#pragma once

#include <stdexcept>
#include <string>

namespace weir::runner {

/// Thrown by an action (exec) instead of returning an outcome: the run's result is `crash`, which counts to
/// max_crashes and not to max_attempts. The text becomes the attempt's message, e.g. "killed by SIGSEGV".
class crashed : public std::runtime_error {
 public:
  explicit crashed(const std::string& message) : std::runtime_error(message) {}
};

}  // namespace weir::runner
