// What `weir bench` is asked for and what it finds.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace weir::app {

struct bench_plan {
  std::int64_t tasks = 100'000;  ///< of the bulk load
  int batch = 500;               ///< tasks a message of the bulk load
  int producers = 4;             ///< of the bulk load
  int rounds = 1;
};

/// Name and value of each figure, in the order they are shown; units are in the names.
using bench_figures = std::vector<std::pair<std::string, double>>;

}  // namespace weir::app
