// What of a node's configuration may change while it runs, and how it does: keys marked live in config/keys.cpp.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include <weir/config.hpp>

#include "app/reload_report.hpp"
#include "config/load.hpp"
#include "runner/action_table.hpp"

namespace weir::app {

/// Threads: all of it, from any.
class live_settings {
 public:
  using reading = std::function<config::loaded()>;

  /// @param actions  all of the node's; those of the configuration can change
  /// @param again    reads the sources that the configuration came from
  live_settings(node_config config, const runner::action_table& actions, reading again);

  /// Null: there is no such action. What it points to stays, and stays as it is.
  const action_options* options_of(const std::string& name) const;

  /// Reads again and takes over what is live, or, after any mistake, nothing. The log says what became of it.
  reload_report reload();

 private:
  void take_over(const node_config& fresh);

  std::mutex reloading_;
  node_config config_;  ///< in force: what needs a restart is as it was at the start
  reading again_;
  std::deque<action_options> kept_;  ///< every version; somebody may hold any
  std::map<std::string, std::atomic<const action_options*>> options_;
};

/// The sources of this very process: its environment, its flags, its file.
/// @param filtered  what of them counts; may be empty
config::loaded read_again(const std::function<config::sources(config::sources)>& filtered = {});

}  // namespace weir::app
