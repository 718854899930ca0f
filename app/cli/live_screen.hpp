// The terminal's second screen while a live view is shown; the first one comes back whatever happens.
#pragma once

#include <string>
#include <vector>

#include "app/cli/io.hpp"

namespace weir::app {

class live_screen {
 public:
  static const char* const entering;  ///< the sequences that it begins and ends with
  static const char* const leaving;

  /// Enters the second screen and hides the cursor. Ctrl-C and SIGTERM leave it and end the process with 0.
  explicit live_screen(io& surroundings);
  ~live_screen();
  live_screen(const live_screen&) = delete;
  live_screen& operator=(const live_screen&) = delete;

  /// Replaces what is shown, in place and in one write.
  void draw(const std::vector<std::string>& lines);

 private:
  io& io_;
};

}  // namespace weir::app
