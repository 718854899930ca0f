// What reading the configuration again has changed in a running node.
#pragma once

#include <string>
#include <vector>

namespace weir::app {

struct reload_report {
  std::string file;                        ///< that was read
  std::vector<std::string> applied;        ///< keys that are in force now
  std::vector<std::string> needs_restart;  ///< keys whose values differ from those in force
  std::vector<std::string> mistakes;       ///< "weir.toml:3:1: ...": then nothing was taken over
};

}  // namespace weir::app
