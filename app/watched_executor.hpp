// Executors with somebody who looks on: what counts runs and what traces them share this wrapping.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/runtime.hpp"

namespace weir::app {

/// Looks at the runs of one executor. Called from any thread; must not block.
class run_watcher {
 public:
  virtual ~run_watcher() = default;
  /// Before they start; what they are told may be changed.
  virtual void begin(std::vector<domain::run_request>& requests) = 0;
  /// Once for each, whatever became of it.
  virtual void end(const domain::run_verdict& verdict) = 0;
};

/// The same executors, looked at. @param watcher  makes one for each executor, of the stream that it is given
actors::executor_factory watched(
    actors::executor_factory make,
    std::function<std::shared_ptr<run_watcher>(const std::string& stream)> watcher);

}  // namespace weir::app
