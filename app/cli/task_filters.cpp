#include "app/cli/task_filters.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "app/cli/json_text.hpp"
#include "domain/task_bounds.hpp"

namespace weir::app {

result<std::vector<task_state>> states_argument(const std::string& what,
                                                const std::vector<std::string>& words) {
  std::vector<task_state> out;
  for (const auto& text : words) {
    for (std::size_t from = 0; from <= text.size();) {
      const auto comma = std::min(text.find(',', from), text.size());
      const auto word = text.substr(from, comma - from);
      const auto state = parse_task_state(word);
      if (!state) {
        return error{errc::invalid,
                     what + ": " + domain::in_quotes(word) +
                         " is no state; write ready, in_progress, retry, done, failed or cancelled"};
      }
      out.push_back(*state);
      from = comma + 1;
    }
  }
  return out;
}

void add_place_options(CLI::App& verb, filter_options& into) {
  verb.add_option("--stream", into.stream, "only of this stream")->type_name("S");
  verb.add_option("--name", into.name, "only of this task name")->type_name("NAME");
  verb.add_option("--key", into.key, "only of this key")->type_name("K");
}

void add_filter_options(CLI::App& verb, filter_options& into) {
  add_place_options(verb, into);
  verb.add_option("--state", into.states,
                  "only in these states: ready, in_progress, retry, done, failed, cancelled")
      ->type_name("STATE")
      ->allow_extra_args(false);
}

result<task_filter> filter_of(const filter_options& options) {
  task_filter out;
  out.stream = options.stream;
  out.name = options.name;
  out.key = options.key;
  auto states = states_argument("--state", options.states);
  if (!states) return states.error();
  out.states = std::move(*states);
  return out;
}

std::string filter_json(const task_filter& filter) {
  auto out = ordered_json::object();
  if (filter.stream) out["stream"] = *filter.stream;
  if (filter.name) out["name"] = *filter.name;
  if (filter.key) out["key"] = *filter.key;
  for (const auto state : filter.states) out["states"].push_back(to_string(state));
  return compact(out);
}

}  // namespace weir::app
