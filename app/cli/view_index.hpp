// A cluster view with its counts and partitions at hand by stream: status pages of 10,000 streams stay linear.
#pragma once

#include <unordered_map>
#include <vector>

#include <weir/driver/console_store.hpp>

namespace weir::app {

/// Looks things up in a view that must outlive it.
class view_index {
 public:
  explicit view_index(const cluster_view& view);

  const cluster_view& view() const { return view_; }
  /// Zeros when the view has none.
  const stream_counts& counts(stream_id stream) const;
  /// In slot order.
  const std::vector<partition_row>& partitions(stream_id stream) const;
  /// Partitions that this incarnation owns.
  int owned_by(node_id node) const;

 private:
  const cluster_view& view_;
  std::unordered_map<stream_id, stream_counts> counts_;
  std::unordered_map<stream_id, std::vector<partition_row>> partitions_;
  std::unordered_map<node_id, int> owned_;
};

}  // namespace weir::app
