// Where a node's log lines go: stderr, as text for people or as JSON, one object a line.
#pragma once

#include <string>

#include <weir/config.hpp>

#include "runner/log_sink.hpp"

namespace weir::app {

/// Sets up the process's logger as [log] says (auto: text on a terminal, JSON otherwise).
void start_logging(const node_config& config);

/// True if the log of such a node is JSON.
bool logs_json(const node_config& config);
/// From now on messages of this level and above are written.
void set_log_level(const std::string& level);

/// Lines of runs, with their task attached.
runner::log_sink run_log();

/// A line with what it is about: "stream partner task 7 push attempt 2: threw: no such customer".
std::string text_of(const runner::log_line& line);

}  // namespace weir::app
