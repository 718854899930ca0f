// Finding a stream or node by name in a view, with the nearest name when there is none.
#pragma once

#include <string>

#include <weir/driver/console_store.hpp>

namespace weir::app {

/// @errors not_found. The row lives as long as the view.
result<const stream_row*> find_stream(const cluster_view& view, const std::string& name);
result<const node_row*> find_node(const cluster_view& view, const std::string& name);

}  // namespace weir::app
