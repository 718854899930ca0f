// The blocks that a status frame is laid out from: header, nodes, streams, who owns what, warnings.
#pragma once

#include <vector>

#include "app/cli/status_table.hpp"
#include "app/cli/table.hpp"
#include "app/cli/view_index.hpp"

namespace weir::app {

line header_line(const frame_input& input);
table nodes_block(const view_index& index);
/// Streams with their counts; `owners` adds a column for each node, and one for free slots if there are any.
table streams_block(const view_index& index, const frame_input& input, bool counts, bool owners);
std::vector<line> warning_lines(const cluster_view& view);

}  // namespace weir::app
