// The options by which commands say which tasks they mean.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <weir/driver/console_store.hpp>
#include <weir/result.hpp>

namespace CLI {
class App;
}

namespace weir::app {

struct filter_options {
  std::optional<std::string> stream, name, key;
  std::vector<std::string> states;

  bool any() const { return stream || name || key || !states.empty(); }
};

/// "ready,failed" and several such words alike. @param what  names them in an error. @errors invalid
result<std::vector<task_state>> states_argument(const std::string& what,
                                                const std::vector<std::string>& words);
/// --stream, --name, --key. `into` must outlive the parser.
void add_place_options(CLI::App& verb, filter_options& into);
/// --stream, --name, --key, --state. `into` must outlive the parser.
void add_filter_options(CLI::App& verb, filter_options& into);
/// @errors invalid: names the state that is none
result<task_filter> filter_of(const filter_options& options);
/// The filter as JSON, for the audit.
std::string filter_json(const task_filter& filter);

}  // namespace weir::app
