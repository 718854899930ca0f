// How far a long command is: a line a second.
#pragma once

#include <cstdint>
#include <string>

#include "app/cli/invocation.hpp"

namespace weir::app {

class progress_lines {
 public:
  /// @param what  as "rows moved"
  progress_lines(invocation& call, std::string what);
  /// Says it if a second has passed since the last line.
  void tell(std::int64_t so_far);

 private:
  invocation& call_;
  std::string what_;
  boot_time begin_, told_;
};

}  // namespace weir::app
