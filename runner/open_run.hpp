// What the thread pool keeps of one run, from start() to its verdict.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <weir/boot_clock.hpp>

#include "domain/execution.hpp"
#include "runner/run_control.hpp"

namespace weir::runner {

/// Guarded by the pool's mutex but for request and control.
struct open_run {
  enum class phase { queued, running, over };

  open_run(domain::run_request r, std::shared_ptr<const shared_instant> owned_until)
      : request(std::move(r)), control(std::move(owned_until)) {}

  const domain::run_request request;
  run_control control;
  phase now = phase::queued;
  boot_time abandon_at = boot_time::max();
  domain::run_result abandon_as = domain::run_result::interrupted;
  boot_time started{};
  wall_time started_at{};
  std::string progress;  ///< the last it said of itself
};
using run_ptr = std::shared_ptr<open_run>;

}  // namespace weir::runner
