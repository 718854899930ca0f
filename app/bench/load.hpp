// Producers in a hurry: the load of `weir bench`, through weir::client as any program would send it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <weir/result.hpp>

namespace weir::app::bench {

/// The task name of the load; a node performs it as a noop.
inline constexpr const char* task_name = "bench";

struct load_plan {
  std::string gateway;           ///< weir://host:port
  int callers = 1;               ///< each with a link and a thread of its own, waiting for each answer
  int batch = 1;                 ///< tasks a message
  std::int64_t tasks = 0;        ///< in all, shared out among the callers
  std::size_t data_bytes = 100;  ///< of each task's data, about
};

struct load_taken {
  std::int64_t tasks = 0;
  double seconds = 0;              ///< from the first message to the last answer
  std::vector<double> answers_ms;  ///< of each message, sorted: sent until its tasks were durable
};

/// Sends the load and waits for every answer. A message that was refused as overloaded is sent again.
/// @errors  those of weir::client::enqueue; the load is not whole then.
result<load_taken> send_load(const load_plan& plan);

/// The value below which `share` (0 to 1) of the sorted values lie; 0 of none.
double percentile(const std::vector<double>& sorted, double share);

}  // namespace weir::app::bench
