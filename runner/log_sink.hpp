// Where lines about runs go: what actions log, and what the executors have to say about them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace weir::runner {

/// `progress`: how far a run is, worth a line of its own and worth remembering.
enum class log_level : std::uint8_t { info = 1, warning = 2, error = 3, progress = 4 };

/// One line, with the run it is about where there is one.
struct log_line {
  log_level level = log_level::info;
  std::string stream;
  std::int64_t task_id = 0;  ///< 0: about no task
  std::string task_name;
  int attempt = 0;
  std::string text;        ///< at most 2,000 bytes of valid UTF-8
  std::string trace_id{};  ///< of the run's trace context, "" = none
};

/// Called from any thread, several at once; must neither block nor throw. An empty one drops everything.
using log_sink = std::function<void(const log_line&)>;

}  // namespace weir::runner
