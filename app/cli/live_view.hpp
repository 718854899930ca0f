// The live view's memory between frames: rates, and what was last seen while the database, or the API, is away.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/cli/status_table.hpp"

namespace weir::app {

class live_view {
 public:
  /// @param asked  who tells: "database", or "API"
  explicit live_view(std::string asked = "database") : asked_(std::move(asked)) {}

  /// A new look at the cluster.
  /// @param warnings  as frame_input has them
  void saw(cluster_view view, boot_time at, std::optional<std::vector<warning>> warnings = {});
  /// It did not answer.
  void missed(const std::string& why, boot_time at);

  bool has_view() const { return view_.has_value(); }
  /// What is known at that time; asks for a view.
  frame_input input(wall_time now, boot_time at) const;
  /// The frame to show now; without any view yet, one line that says what is waited for.
  std::vector<std::string> frame(wall_time now, boot_time at, const frame_shape& shape) const;

 private:
  std::string trouble_at(boot_time at) const;

  static constexpr std::size_t history = 12;  ///< frames in a sparkline

  std::string asked_;
  std::optional<cluster_view> view_;
  std::optional<std::vector<warning>> warnings_;
  std::optional<boot_time> seen_at_;
  std::map<stream_id, std::int64_t> finished_;
  std::map<stream_id, stream_rate> rates_;
  std::string trouble_;
  std::optional<boot_time> away_since_;
};

}  // namespace weir::app
