// The cluster for people: the frame of `weir status` and of its live view. Pure: view in, text out.
//
//   weir  3 nodes · 3 streams · leader n2 ★ · term 7 · since 2m03s
//
//   NODE   STATE   BEAT  RUNNING  SLOTS  VERSION
//   ...
//   STREAM   MODE    PIN  READY  RUN  RETRY  DONE  ...  RATE       n1    n2 ★
//   partner  single  n2   9,120    1      0   880  ...  95.2/s     ·     ● e4
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <weir/driver/console_store.hpp>

#include "app/cli/status_warnings.hpp"

namespace weir::app {

/// How fast a stream finishes tasks, as a live view saw it.
struct stream_rate {
  double now = 0;               ///< tasks a second since the last frame
  std::vector<double> history;  ///< the last frames, oldest first
};

struct frame_input {
  const cluster_view& view;
  wall_time now{};
  std::map<stream_id, stream_rate> rates{};  ///< empty outside of a live view
  std::string trouble{};  ///< "database away ...": shown on top, the rest is what was last seen
  /// As a node's API tells them; nullopt: they follow from the view.
  std::optional<std::vector<warning>> warnings{};
};

struct frame_shape {
  bool colour = false;
  int columns = 0;  ///< 0 = as wide as it gets
  int rows = 0;     ///< 0 = as long as it gets
};

/// One frame, line by line. Never more than `rows` lines, none wider than `columns`.
std::vector<std::string> status_frame(const frame_input& input, const frame_shape& shape);
/// The same as one text, each line ended.
std::string status_text(const frame_input& input, const frame_shape& shape);

/// The tables of `node list`, `stream list` and `leader history`.
std::string node_table(const cluster_view& view, bool colour, int width);
std::string stream_table(const cluster_view& view, bool colour, int width);
std::string leader_table(const std::vector<term_row>& terms, bool colour, int width);
std::string owner_table(const std::vector<owner_record>& owners, bool colour, int width);

}  // namespace weir::app
