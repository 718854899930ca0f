// When a stream rests on a node because its runs fail one after another, and how it comes back: one run is tried.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <weir/boot_clock.hpp>
#include <weir/driver/types.hpp>

#include "domain/execution.hpp"

namespace weir::domain {

/// retry, timeout, failure and crashes are failures; a success ends their row. What was ended from outside, snoozed or
/// cancelled says nothing of the outside system.
class circuit_breaker {
 public:
  enum class change { none, opened, closed };

  /// The earliest moment of the next start; not later than `now`: at once; nullopt: when the run that is tried ends.
  std::optional<boot_time> next(boot_time now) const;
  /// A run starts; next() must have allowed it. After a rest it is the one that is tried.
  void started(std::uint64_t run);
  /// A run has ended. What began before the rest, and is not the one that is tried, changes nothing.
  change ended(std::uint64_t run, run_result result, const std::string& message, const breaker_rule& rule,
               boot_time now);
  /// A run that is tried will not tell how it ended; another may be tried.
  void forget(std::uint64_t run);
  /// The rule may have changed: without one nothing rests.
  change obey(const breaker_rule& rule);
  /// Everything is forgotten, as for a stream that went away.
  change reset();

  bool open() const { return open_; }
  int failures() const { return failures_; }  ///< in a row
  boot_time until() const { return until_; }  ///< of the rest, while it is open
  const std::string& message() const { return message_; }

 private:
  int failures_ = 0;
  bool open_ = false;
  boot_time until_{};
  std::optional<std::uint64_t> tried_;
  std::string message_;  ///< of the last failure
};

}  // namespace weir::domain
