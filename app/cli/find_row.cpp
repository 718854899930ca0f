// "no stream "partnr" (did you mean 'partner'?)"
#include "app/cli/find_row.hpp"

#include "config/suggest.hpp"
#include "domain/task_bounds.hpp"

namespace weir::app {

result<const stream_row*> find_stream(const cluster_view& view, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& stream : view.rows.streams) {
    if (stream.name == name) return &stream;
    names.push_back(stream.name);
  }
  return error{errc::not_found, "no stream " + domain::in_quotes(name) + config::did_you_mean(name, names) +
                                    "; see `weir stream list`"};
}

result<const node_row*> find_node(const cluster_view& view, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& node : view.rows.nodes) {
    if (node.facts.name == name) return &node;
    names.push_back(node.facts.name);
  }
  return error{errc::not_found, "no node " + domain::in_quotes(name) + config::did_you_mean(name, names) +
                                    "; see `weir node list`"};
}

}  // namespace weir::app
