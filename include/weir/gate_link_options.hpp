// How a program shows itself to gates, and how long it waits for them.
#pragma once

#include <chrono>
#include <string>

namespace weir {

struct gate_link_options {
  std::string name = "client";  ///< what the node's log calls this program, 1-64 printable characters
  std::string cert, key, ca;    ///< PEM files where gates demand them; all or none
  std::string cluster;  ///< who must answer, as nodes of one database call it; empty: whichever gateway does
  /// For an answer: well over a commit behind a full queue.
  std::chrono::milliseconds patience{30000};
};

}  // namespace weir
