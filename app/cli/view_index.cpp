// One pass over the view builds all the lists.
#include "app/cli/view_index.hpp"

#include <algorithm>

namespace weir::app {

view_index::view_index(const cluster_view& view) : view_(view) {
  for (const auto& counts : view.counts) counts_[counts.stream] = counts;
  for (const auto& part : view.rows.partitions) {
    partitions_[part.stream].push_back(part);
    if (part.owner != 0) ++owned_[part.owner];
  }
  for (auto& [stream, parts] : partitions_) {
    std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.slot < b.slot; });
  }
}

const stream_counts& view_index::counts(stream_id stream) const {
  static const stream_counts none;
  const auto found = counts_.find(stream);
  return found == counts_.end() ? none : found->second;
}

const std::vector<partition_row>& view_index::partitions(stream_id stream) const {
  static const std::vector<partition_row> none;
  const auto found = partitions_.find(stream);
  return found == partitions_.end() ? none : found->second;
}

int view_index::owned_by(node_id node) const {
  const auto found = owned_.find(node);
  return found == owned_.end() ? 0 : found->second;
}

}  // namespace weir::app
