// Checks first, then candidates, each judged by the leader's own placement.
#include "app/cli/move_plan.hpp"

#include <algorithm>
#include <set>

#include "app/cli/find_row.hpp"
#include "domain/placement.hpp"
#include "domain/task_bounds.hpp"

namespace weir::app {

namespace {

/// Judging a candidate of a large cluster takes tens of milliseconds.
constexpr std::size_t most_exchanges = 16;

bool present(const node_row& node) {
  return node.state == node_state::active && node.declared && !node.drain_wanted;
}

result<void> check_node(const node_row& node) {
  const std::string& name = node.facts.name;
  if (node.drain_wanted) {
    return error{errc::refused,
                 "node " + name + " is asked to drain: `weir node undrain " + name + "` first"};
  }
  if (!present(node)) {
    return error{errc::refused,
                 "node " + name + " is " + to_string(node.state) + ": only an active node takes partitions"};
  }
  if (node.facts.weight == 0) {
    return error{errc::refused, "node " + name + " has weight 0: it takes only what is pinned to it"};
  }
  return {};
}

result<void> check_pin(const catalog& rows, const stream_row& stream, const std::string& node) {
  if (!stream.pin || *stream.pin == node) return {};
  const auto obeyed = std::any_of(rows.nodes.begin(), rows.nodes.end(), [&](const node_row& one) {
    return one.facts.name == *stream.pin && present(one);
  });
  if (stream.policy == pin_policy::prefer && !obeyed) return {};
  return error{errc::refused, "stream " + stream.name + " is pinned to node " + *stream.pin +
                                  ": `weir stream pin " + stream.name + " " + node +
                                  "` binds it there, `weir stream unpin " + stream.name + "` frees it"};
}

result<int> chosen_slot(const stream_row& stream, std::optional<int> slot) {
  const std::string range = "0 to " + std::to_string(stream.partitions - 1);
  if (!slot && stream.partitions > 1) {
    return error{errc::invalid, "stream " + stream.name + " has " + std::to_string(stream.partitions) +
                                    " partitions, which the leader spreads: say which with --slot, " + range};
  }
  const int chosen = slot.value_or(0);
  if (chosen < 0 || chosen >= stream.partitions) {
    return error{errc::invalid, "--slot " + std::to_string(chosen) + ": stream " + stream.name +
                                    (stream.partitions == 1 ? " has slot 0 only" : " has slots " + range)};
  }
  return chosen;
}

class judge {
 public:
  explicit judge(const catalog& rows) {
    input_.nodes = rows.nodes;
    input_.streams = rows.streams;
    input_.partitions = rows.partitions;
    // The leader lets a new node settle for some seconds; by then it would judge like this.
    for (const auto& node : rows.nodes) input_.settled_for[node.id] = domain::settled_after;
  }

  /// True if the leader, finding these wishes, leaves the first of them as it is.
  bool keeps(const std::vector<wish>& wishes) {
    auto tried = input_;
    for (auto& part : tried.partitions) {
      for (const wish& one : wishes)
        if (one.part == part.id) part.assigned_to = one.node;
    }
    const auto wanted = domain::placement(tried);
    return std::any_of(wanted.begin(), wanted.end(), [&](const wish& one) {
      return one.part == wishes.front().part && one.node == wishes.front().node;
    });
  }

 private:
  domain::placement_input input_;
};

/// What the node could give in exchange: one of each stream, of this stream first, parallel ones before single.
std::vector<const partition_row*> exchanges(const catalog& rows, const partition_row& moved,
                                            const std::string& node) {
  std::vector<std::pair<int, const partition_row*>> ranked;
  std::set<stream_id> seen;
  for (const auto& part : rows.partitions) {
    if (part.assigned_to != node || part.id == moved.id || !seen.insert(part.stream).second) continue;
    const auto at = std::find_if(rows.streams.begin(), rows.streams.end(),
                                 [&](const stream_row& one) { return one.id == part.stream; });
    if (at == rows.streams.end()) continue;
    const int rank = part.stream == moved.stream ? 0 : at->mode == stream_mode::parallel ? 1 : 2;
    ranked.emplace_back(rank, &part);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  if (ranked.size() > most_exchanges) ranked.resize(most_exchanges);
  std::vector<const partition_row*> found;
  found.reserve(ranked.size());
  for (const auto& [rank, part] : ranked) found.push_back(part);
  return found;
}

}  // namespace

result<move_plan> plan_move(const catalog& rows, const std::string& stream_name, const std::string& node_name,
                            std::optional<int> slot) {
  cluster_view view;
  view.rows = rows;
  const auto stream = find_stream(view, stream_name);
  if (!stream) return stream.error();
  const auto node = find_node(view, node_name);
  if (!node) return node.error();
  const auto chosen = chosen_slot(**stream, slot);
  if (!chosen) return chosen.error();
  if (const auto fit = check_node(**node); !fit) return fit.error();
  if (const auto free = check_pin(rows, **stream, node_name); !free) return free.error();

  const auto moved = std::find_if(rows.partitions.begin(), rows.partitions.end(), [&](const auto& part) {
    return part.stream == (*stream)->id && part.slot == *chosen;
  });
  if (moved == rows.partitions.end()) {
    return error{errc::refused, "stream " + stream_name + " is changing its partitions: try again"};
  }
  move_plan plan;
  plan.slot = *chosen;
  plan.from = moved->assigned_to;
  if (plan.from == node_name) return plan;

  judge leader{rows};
  plan.wishes = {{moved->id, node_name}};
  if (leader.keeps(plan.wishes)) return plan;
  for (const partition_row* other : exchanges(rows, *moved, node_name)) {
    plan.wishes = {{moved->id, node_name}, {other->id, plan.from}};
    if (!leader.keeps(plan.wishes)) continue;
    const auto of = std::find_if(rows.streams.begin(), rows.streams.end(),
                                 [&](const stream_row& one) { return one.id == other->stream; });
    plan.exchanged = of->name + "/" + std::to_string(other->slot);
    return plan;
  }
  return error{errc::refused,
               "the leader would move it back at once: node " + node_name + " lacks an action of stream " +
                   stream_name +
                   " that another node has, or the nodes would carry uneven shares; `weir stream pin " +
                   stream_name + " " + node_name + "` binds all of it there"};
}

}  // namespace weir::app
