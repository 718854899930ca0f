// What the end of a runner process says about the runs that were in it. Pure.
#pragma once

#include <cstdint>
#include <string>

#include <weir/boot_clock.hpp>

#include "domain/execution.hpp"
#include "runner/run_book.hpp"

namespace weir::runner {

/// How a runner process ended.
struct runner_end {
  int signal = 0;  ///< 0: it exited
  int status = 0;  ///< exit status
};

/// "killed by SIGSEGV", "exited with status 3".
std::string to_text(const runner_end& end);

/// Whether and why the executor killed its runner.
enum class killed : std::uint8_t { no, for_a_run, at_close, as_broken };

/// All that is known about the end of a runner.
struct inquest {
  runner_end end;
  killed by_us = killed::no;
  bool by_deadline = false;  ///< SIGKILL when its kernel timers were due
  boot_time now{};
  wall_time wall_now{};
};

/// The verdict of a run that its runner took along: `crash`, unless the runner was ended from outside.
domain::run_verdict last_word(const sent_run& run, const inquest& found);

}  // namespace weir::runner
