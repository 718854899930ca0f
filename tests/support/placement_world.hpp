// Builds clusters for the tests of placement, and answers questions about what came out.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "domain/placement.hpp"

namespace weir::domain {

/// A cluster under construction. Nodes are usable and settled unless a test says otherwise.
struct placement_world {
  placement_input input;

  node_row& node(const std::string& name, int weight = 1) {
    node_row row;
    row.id = static_cast<node_id>(input.nodes.size()) + 1;
    row.facts.name = name;
    row.facts.weight = weight;
    row.state = node_state::active;
    row.declared = true;
    input.settled_for[row.id] = settled_after;
    input.nodes.push_back(row);
    return input.nodes.back();
  }
  node_row& find(const std::string& name) {
    for (node_row& row : input.nodes) {
      if (row.facts.name == name) return row;
    }
    return node(name);
  }
  void unsettle(const std::string& name) { input.settled_for[find(name).id] = settled_after / 2; }
  void settle(const std::string& name) { input.settled_for[find(name).id] = settled_after; }

  stream_row& stream(const std::string& name, int partitions) {
    stream_row row;
    row.id = static_cast<stream_id>(input.streams.size()) + 1;
    row.name = name;
    row.mode = partitions == 1 ? stream_mode::single : stream_mode::parallel;
    row.partitions = partitions;
    for (int slot = 0; slot < partitions; ++slot) {
      partition_row part;
      part.id = static_cast<part_id>(input.partitions.size()) + 1;
      part.stream = row.id;
      part.slot = slot;
      input.partitions.push_back(part);
    }
    input.streams.push_back(row);
    return input.streams.back();
  }
  stream_row& single(const std::string& name) { return stream(name, 1); }

  /// Decides, writes the wishes down, and lets the nodes follow them. Answers how many changed.
  std::size_t apply() {
    const auto wanted = placement(input);
    const auto changed = changes(input, wanted);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      input.partitions[i].assigned_to = wanted[i].node;
      input.partitions[i].owner_name = wanted[i].node;
    }
    return changed.size();
  }

  /// Wishes of a stream, by slot.
  std::vector<std::string> wishes(const std::string& name) const {
    std::vector<std::string> found;
    for (const stream_row& row : input.streams) {
      if (row.name != name) continue;
      for (const partition_row& part : input.partitions) {
        if (part.stream == row.id) found.push_back(part.assigned_to);
      }
    }
    return found;
  }
  /// Partitions per node name, of one stream or (with "") of all.
  std::map<std::string, int> counts(const std::string& name = {}) const {
    std::map<std::string, int> found;
    for (const stream_row& row : input.streams) {
      if (!name.empty() && row.name != name) continue;
      for (const partition_row& part : input.partitions) {
        if (part.stream == row.id) ++found[part.assigned_to];
      }
    }
    return found;
  }
};

}  // namespace weir::domain
