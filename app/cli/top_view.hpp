// The full-screen view of `weir top`: panes, keys and frames. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <weir/driver/console_store.hpp>

#include "app/cli/status_table.hpp"

namespace weir::app {

enum class pane { streams, nodes, tasks, errors };

/// Where the person is.
struct top_state {
  pane at = pane::streams;
  int first = 0;  ///< of the rows shown
  bool done = false;
};

/// What is shown: the cluster, and the rows of panes that have asked for some.
struct top_input {
  frame_input cluster;
  std::optional<task_page> tasks{};
  std::optional<std::vector<error_group>> errors{};
  std::string trouble{};  ///< why a pane's rows are not there
};

/// What a key does: 1 to 4, tab and left and right choose a pane, up, down, page up, page down, g and G scroll, q ends.
/// @param page  rows that a page has
top_state pressed(top_state now, const std::string& key, int page);

/// Rows of a pane that such a frame has room for, without its heading.
int room_of(const frame_shape& shape);

/// One frame: header, panes, the rows, keys at the bottom. Never more than `rows` lines, none wider than `columns`;
/// `state.first` is brought into bounds.
std::vector<std::string> top_frame(const top_input& input, top_state& state, const frame_shape& shape);

}  // namespace weir::app
