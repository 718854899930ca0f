// The blocks that a status frame is laid out from: header, nodes, streams, who owns what, warnings.
#pragma once

#include <vector>

#include "app/cli/status_table.hpp"
#include "app/cli/table.hpp"
#include "app/cli/view_index.hpp"

namespace weir::app {

line header_line(const frame_input& input);
table nodes_block(const view_index& index);
/// Which columns of the streams are shown beside their names.
struct stream_columns {
  bool settings = true;  ///< mode, pin, pause
  bool counts = true;    ///< and, in a live view, the rate
  bool history = true;   ///< the rate's last values
  bool owners = true;    ///< one column a node, and one for free slots if there are any
};
table streams_block(const view_index& index, const frame_input& input, const stream_columns& wanted);
std::vector<line> warning_lines(const frame_input& input);

}  // namespace weir::app
