// A node's process from start to exit: runner or node, join, run, drain, join again when fenced.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <weir/config.hpp>
#include <weir/driver.hpp>
#include <weir/result.hpp>

#include "actions/cdc_pass.hpp"
#include "config/load.hpp"
#include "runner/action_table.hpp"
#include "runner/stream_hooks.hpp"

namespace weir::app {

/// What a program brings: its configuration and what it registered.
struct node_program {
  node_config config;
  runner::action_table actions;  ///< those of the configuration are added by run_node_process
  runner::hook_table hooks;      ///< of streams that have some
  std::vector<std::pair<actions::cdc_plan, action_options>> sources;  ///< those that call back
  std::set<std::string> controllers;           ///< the streams of all cdc actions; filled by run_node_process
  std::function<void(const error&)> on_error;  ///< may be empty
  std::atomic<int>* stops = nullptr;           ///< counted up by weir::node::stop; may be null
  /// Around the driver of the configuration's database; may be empty.
  std::function<std::unique_ptr<driver>(std::unique_ptr<driver>)> wrap_driver;
  /// Opens the store, once, and not in runner processes; empty: the database of the configuration.
  std::function<result<std::shared_ptr<driver>>(const node_config&)> open_store;
  /// Where http.listen is taken already, any free port of that address does.
  bool any_port = false;
  std::function<void(const std::string& listens)> serving;  ///< hears where HTTP is served; may be empty
  std::function<config::loaded()> read_again;  ///< the configuration anew; empty: as this process got it
  bool once = false;  ///< stops by itself when nothing due is left in the partitions that it owns
};

/// Runs until SIGTERM, SIGINT or a stop; returns the exit code (app/cli/exit_code.hpp).
int run_node_process(node_program program);

}  // namespace weir::app
