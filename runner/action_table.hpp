// What a node can perform: task name -> the code and its options. Built once at start, from the program's
// registrations and from the configuration, and only read afterwards.
#pragma once

#include <map>
#include <string>

#include <weir/node.hpp>

namespace weir::runner {

struct registered_action {
  weir::action perform;
  action_options options;
};

/// By task name. Executors copy it, so that code they had to leave running never sees it go.
using action_table = std::map<std::string, registered_action>;

}  // namespace weir::runner
