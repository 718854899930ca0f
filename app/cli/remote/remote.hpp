// Commands through a node's HTTP API: the stores that they work on, with the API behind them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/cli/invocation.hpp"
#include "app/cli/status_warnings.hpp"

namespace weir::app {

/// The stores behind a node's API; `call` outlives it.
std::unique_ptr<driver> open_remote(invocation& call);

/// Does the API offer what this command does? @param path  "weir stream pin"
bool goes_by_api(const std::string& path);

/// With --url http://... and where JSON is wanted: prints what the API answers, which is what the command itself would
/// print. nullopt: it is the command's turn.
/// @param list  it has items, which ndjson prints a line each
std::optional<exit_code> print_of_api(invocation& call, const std::string& path, bool list = false);

/// The warnings of the last view, where the store is an API's.
std::optional<std::vector<warning>> warnings_told(const console_store& store);

/// Runs `work` on a console whose orders go to --url by HTTP.
exit_code with_remote(invocation& call, const std::function<exit_code(open_console&)>& work);

}  // namespace weir::app
