// What an action may ask while it runs.
#pragma once

#include <cstdint>
#include <string>

#include <weir/boot_clock.hpp>

namespace weir {

/// Handed to an action for one run; valid until the action returns. Safe from any thread of the run.
class context {
 public:
  virtual ~context() = default;

  /// True once the run should end soon: timeout, drain past its deadline, cancel, or ownership about to
  /// end. Look at it before every call to the outside.
  virtual bool stop_requested() const = 0;
  /// When the run is ended from outside: the earlier of its timeout and its node's ownership deadline.
  /// The latter moves forward with every beat of the node, so ask again rather than remember.
  virtual boot_time deadline() const = 0;
  /// (database timeline, epoch of the partition) packed into one integer that only grows per partition:
  /// pass it to outside systems that can refuse an old owner.
  virtual std::uint64_t fencing_token() const = 0;
  /// The number of this run, from 1.
  virtual int attempt() const = 0;
  /// The name of the node this runs on.
  virtual const std::string& node() const = 0;
  /// Writes one line to the node's log with task, stream and attempt attached. Cut at 2,000 bytes.
  virtual void log(const std::string& line) = 0;
  /// Says how far the run is: written to the node's log at most once a second, and kept for the message of
  /// an attempt that is ended before it can say anything itself (timeout, crash, end of the ownership).
  /// @param done  0 to 1; what is outside is taken for the nearer end, NaN for 0.
  /// @param note  what it is at; cut with the rest of the line.
  virtual void progress(double done, const std::string& note = {}) = 0;
};

}  // namespace weir
