// Lays the blocks of a status out in the room there is: one wide table if it fits, else two; long lists
// give way first, the header and the warnings last.
#include "app/cli/status_table.hpp"

#include <algorithm>

#include "app/cli/figures.hpp"
#include "app/cli/status_parts.hpp"
#include "domain/time_text.hpp"

namespace weir::app {

namespace {

constexpr std::size_t most_warnings = 6;  // when the room is limited

using block = std::vector<std::string>;

std::vector<block> table_blocks(const view_index& index, const frame_input& input, const frame_shape& shape) {
  const auto whole = streams_block(index, input, {});
  std::vector<block> out;
  if (!index.view().rows.nodes.empty()) out.push_back(nodes_block(index).lines(shape.colour, shape.columns));
  if (shape.columns == 0 || whole.width() <= shape.columns) {
    out.push_back(whole.lines(shape.colour, shape.columns));
  } else {
    auto counts = streams_block(index, input, {false, true, true, false});
    if (counts.width() > shape.columns) counts = streams_block(index, input, {false, true, false, false});
    out.push_back(counts.lines(shape.colour, shape.columns));
    out.push_back(streams_block(index, input, {true, false, false, true}).lines(shape.colour, shape.columns));
  }
  return out;
}

// Takes rows off the longest block until all fit; a heading, a row and "… more" always stay.
void shrink(std::vector<block>& blocks, std::size_t room, bool colour, int columns) {
  std::vector<std::size_t> keep;
  std::size_t total = 0;
  for (const auto& one : blocks) {
    keep.push_back(one.size());
    total += one.size() + 1;  // a blank line before each
  }
  while (total > room && !keep.empty()) {
    auto& longest = *std::max_element(keep.begin(), keep.end());
    if (longest <= 3) break;
    --longest;
    --total;
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (keep[i] == blocks[i].size()) continue;
    const auto hidden = static_cast<std::int64_t>(blocks[i].size() - (keep[i] - 1));
    blocks[i].resize(keep[i] - 1);
    blocks[i].push_back(paint({{"… " + grouped(hidden) + " more", look::dim}}, colour, columns));
  }
}

}  // namespace

std::vector<std::string> status_frame(const frame_input& input, const frame_shape& shape) {
  const view_index index{input.view};
  block top{paint(header_line(input), shape.colour, shape.columns)};
  if (!input.trouble.empty()) {
    top.push_back(
        paint({{"! ", look::red}, {printable(input.trouble), look::red}}, shape.colour, shape.columns));
  }
  block bottom;
  const auto warnings = warning_lines(input);
  for (const auto& one : warnings) {
    if (shape.rows > 0 && bottom.size() == most_warnings) {
      bottom.push_back(
          paint({{"! … " + std::to_string(warnings.size() - most_warnings) + " more warnings", look::yellow}},
                shape.colour, shape.columns));
      break;
    }
    bottom.push_back(paint(one, shape.colour, shape.columns));
  }

  auto blocks = table_blocks(index, input, shape);
  if (shape.rows > 0) {
    const auto rows = static_cast<std::size_t>(shape.rows);
    const std::size_t fixed = top.size() + (bottom.empty() ? 0 : bottom.size() + 1);
    shrink(blocks, rows > fixed ? rows - fixed : 0, shape.colour, shape.columns);
  }
  block out = std::move(top);
  const auto add = [&out](const block& lines) {
    if (lines.empty()) return;
    out.emplace_back();
    out.insert(out.end(), lines.begin(), lines.end());
  };
  for (const auto& one : blocks) add(one);
  add(bottom);
  if (shape.rows > 0) out.resize(std::min(out.size(), static_cast<std::size_t>(shape.rows)));
  return out;
}

std::string status_text(const frame_input& input, const frame_shape& shape) {
  std::string out;
  for (const auto& one : status_frame(input, shape)) out += one + "\n";
  return out;
}

std::string node_table(const cluster_view& view, bool colour, int width) {
  return nodes_block(view_index{view}).text(colour, width);
}

std::string stream_table(const cluster_view& view, bool colour, int width) {
  return streams_block(view_index{view}, frame_input{view}, {}).text(colour, width);
}

std::string leader_table(const std::vector<term_row>& terms, bool colour, int width) {
  table rows{{{{"TERM"}, side::right},
              {{"NODE"}},
              {{"SINCE"}},
              {{"ENDED"}},
              {{"REASON"}},
              {{"TIMELINE"}, side::right}}};
  for (const auto& one : terms) {
    rows.add({{std::to_string(one.fence.term)},
              {printable(one.node_name)},
              {domain::format_time(one.elected_at)},
              {one.ended_at ? domain::format_time(*one.ended_at) : "leads"},
              {one.ended_at ? printable(one.reason) : ""},
              {std::to_string(one.fence.timeline)}});
  }
  return rows.text(colour, width);
}

std::string owner_table(const std::vector<owner_record>& owners, bool colour, int width) {
  table rows{{{{"SLOT"}, side::right},
              {{"EPOCH"}, side::right},
              {{"NODE"}},
              {{"SINCE"}},
              {{"ENDED"}},
              {{"REASON"}}}};
  for (const auto& one : owners) {
    rows.add({{std::to_string(one.slot)},
              {std::to_string(one.epoch)},
              {printable(one.node)},
              {domain::format_time(one.since)},
              {one.ended ? domain::format_time(*one.ended) : "owns it"},
              {printable(one.reason)}});
  }
  return rows.text(colour, width);
}

}  // namespace weir::app
