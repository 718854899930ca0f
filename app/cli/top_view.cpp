#include "app/cli/top_view.hpp"

#include <algorithm>
#include <array>

#include "app/cli/figures.hpp"
#include "app/cli/status_parts.hpp"
#include "app/cli/table.hpp"
#include "app/cli/task_text.hpp"
#include "domain/names.hpp"

namespace weir::app {

namespace {

constexpr std::array<const char*, 4> titles{"streams", "nodes", "tasks", "errors"};
/// Header, panes, a blank, the heading; a blank, keys.
constexpr int lines_around = 6;
constexpr std::size_t most_warnings = 3;
/// Further than any list is long.
constexpr int the_end = 1'000'000;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = std::min(text.find('\n', from), text.size());
    out.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return out;
}

std::vector<std::string> pane_lines(const top_input& input, pane at, const frame_shape& shape) {
  const view_index index{input.cluster.view};
  switch (at) {
    case pane::streams: {
      const auto whole = streams_block(index, input.cluster, {});
      if (shape.columns == 0 || whole.width() <= shape.columns)
        return whole.lines(shape.colour, shape.columns);
      return streams_block(index, input.cluster, {false, true, true, false})
          .lines(shape.colour, shape.columns);
    }
    case pane::nodes: return nodes_block(index).lines(shape.colour, shape.columns);
    case pane::tasks:
      return input.tasks ? lines_of(task_table(*input.tasks, shape.colour, shape.columns))
                         : std::vector<std::string>{};
    case pane::errors:
      return input.errors
                 ? error_table(*input.errors, input.cluster.now, look::red).lines(shape.colour, shape.columns)
                 : std::vector<std::string>{};
  }
  return {};
}

line pane_bar(const top_state& state) {
  line out;
  for (std::size_t i = 0; i < titles.size(); ++i) {
    const bool here = static_cast<std::size_t>(state.at) == i;
    out.emplace_back((i == 0 ? "" : "   ") + std::to_string(i + 1) + " ", look::dim);
    out.emplace_back(titles[i], here ? look::cyan : look::plain);
    if (here) out.emplace_back(" ◂", look::cyan);
  }
  return out;
}

line keys_line(int first, int shown, int all) {
  const std::string where =
      all > shown ? "  " + grouped(first + 1) + "-" + grouped(first + shown) + " of " + grouped(all)
                  : std::string{};
  return {{"q quit   1-4 ← → pane   ↑ ↓ scroll" + where, look::dim}};
}

}  // namespace

top_state pressed(top_state now, const std::string& key, int page) {
  const auto go = [&](int to) {
    now.at = static_cast<pane>((to + static_cast<int>(titles.size())) % static_cast<int>(titles.size()));
    now.first = 0;
  };
  const int at = static_cast<int>(now.at);
  if (key == "q" || key == "Q" || key == "\x1b" || key == "\x03" || key == "\x04") now.done = true;
  if (key.size() == 1 && key[0] >= '1' && key[0] < static_cast<char>('1' + titles.size())) go(key[0] - '1');
  if (key == "\x1b[C" || key == "\x1bOC" || key == "\t" || key == "l") go(at + 1);
  if (key == "\x1b[D" || key == "\x1bOD" || key == "\x1b[Z" || key == "h") go(at - 1);
  if (key == "\x1b[A" || key == "\x1bOA" || key == "k") --now.first;
  if (key == "\x1b[B" || key == "\x1bOB" || key == "j") ++now.first;
  if (key == "\x1b[5~") now.first -= page;
  if (key == "\x1b[6~" || key == " ") now.first += page;
  if (key == "g" || key == "\x1b[H") now.first = 0;
  if (key == "G" || key == "\x1b[F") now.first = the_end;
  now.first = std::max(now.first, 0);
  return now;
}

int room_of(const frame_shape& shape) { return std::max(1, shape.rows - lines_around); }

std::vector<std::string> top_frame(const top_input& input, top_state& state, const frame_shape& shape) {
  std::vector<std::string> top{paint(header_line(input.cluster), shape.colour, shape.columns)};
  if (!input.cluster.trouble.empty())
    top.push_back(paint({{"! " + printable(input.cluster.trouble), look::red}}, shape.colour, shape.columns));
  top.push_back(paint(pane_bar(state), shape.colour, shape.columns));
  top.emplace_back();

  std::vector<std::string> bottom{""};
  for (const auto& one : warning_lines(input.cluster)) {
    if (bottom.size() > most_warnings) break;
    bottom.push_back(paint(one, shape.colour, shape.columns));
  }
  auto body = pane_lines(input, state.at, shape);
  const std::string empty = input.trouble.empty() ? "nothing here" : printable(input.trouble);
  if (body.size() < 2) body = {"", paint({{empty, look::dim}}, shape.colour, shape.columns)};

  const int fixed = static_cast<int>(top.size() + bottom.size()) + 2;  // the heading, the keys
  const int all = static_cast<int>(body.size()) - 1;
  const int room = shape.rows == 0 ? all : std::max(1, shape.rows - fixed);
  const int shown = std::min(room, all);
  state.first = std::clamp(state.first, 0, all - shown);

  auto out = std::move(top);
  out.push_back(body[0]);
  for (int i = 0; i < shown; ++i) out.push_back(body[static_cast<std::size_t>(state.first + i) + 1]);
  for (int i = shown; i < room; ++i) out.emplace_back();
  out.insert(out.end(), bottom.begin(), bottom.end());
  out.push_back(paint(keys_line(state.first, shown, all), shape.colour, shape.columns));
  if (shape.rows > 0) out.resize(std::min(out.size(), static_cast<std::size_t>(shape.rows)));
  return out;
}

}  // namespace weir::app
