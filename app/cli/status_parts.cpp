// What stands in each block. Names go through `printable`; nothing here knows the terminal's size.
#include "app/cli/status_parts.hpp"

#include <algorithm>
#include <chrono>

#include "app/cli/figures.hpp"
#include "app/cli/status_warnings.hpp"
#include "domain/names.hpp"
#include "domain/time_text.hpp"

namespace weir::app {

namespace {

constexpr int most_dots = 8;

line count_cell(std::int64_t count, look loud, bool capped = false) {
  return {{grouped(count, capped), count == 0 ? look::dim : loud}};
}

line state_cell(const node_row& node) {
  switch (node.state) {
    case node_state::active: return {{"active", look::green}};
    case node_state::joining: return {{"joining", look::cyan}};
    case node_state::draining: return {{"draining", look::yellow}};
    case node_state::stopped: return {{"stopped", look::dim}};
    case node_state::dead: return {{"dead", look::red}};
  }
  return {};
}

line node_name(const cluster_view& view, const node_row& node) {
  line out{printable(node.facts.name)};
  if (view.leader && view.leader->node == node.id) out.emplace_back(" ★", look::yellow);
  return out;
}

std::string plural(std::size_t count, const std::string& word) {
  return grouped(static_cast<std::int64_t>(count)) + " " + word + (count == 1 ? "" : "s");
}

line pin_cell(const stream_row& stream) {
  if (!stream.pin) return {{"-", look::dim}};
  return {printable(*stream.pin) + (stream.policy == pin_policy::prefer ? " (prefer)" : "")};
}

line pause_cell(const stream_row& stream) {
  if (!stream.paused) return {};
  if (!stream.paused_until) return {{"paused", look::yellow}};
  return {{"paused until " + domain::format_time(*stream.paused_until).substr(0, 19) + "Z", look::yellow}};
}

// "● e4", "●●● e2-4", "●×24 e2": how many slots, under which epochs.
line slots_cell(const std::vector<partition_row>& parts, node_id owner) {
  int slots = 0;
  epoch_number lowest = 0;
  epoch_number highest = 0;
  for (const auto& part : parts) {
    if (part.owner != owner) continue;
    lowest = slots == 0 ? part.epoch : std::min(lowest, part.epoch);
    highest = slots == 0 ? part.epoch : std::max(highest, part.epoch);
    ++slots;
  }
  if (slots == 0) return {{"·", look::dim}};
  const bool free = owner == 0;
  const std::string dot = free ? "○" : "●";
  std::string dots;
  if (slots > most_dots)
    dots = dot + "×" + std::to_string(slots);
  else
    for (int i = 0; i < slots; ++i) dots += dot;
  if (free) return {{dots, look::red}};
  const std::string epochs =
      std::to_string(lowest) + (lowest == highest ? "" : "-" + std::to_string(highest));
  return {{dots, look::green}, {" e" + epochs, look::dim}};
}

bool anything_free(const cluster_view& view) {
  const auto& parts = view.rows.partitions;
  return std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part.owner == 0; });
}

// Columns of the owners: nodes that are alive, and whoever still owns something.
std::vector<const node_row*> owner_columns(const view_index& index) {
  std::vector<const node_row*> out;
  for (const auto& node : index.view().rows.nodes) {
    if (is_alive(node.state) || index.owned_by(node.id) > 0) out.push_back(&node);
  }
  return out;
}

/// Where a browser sees the same; "" = no node that is alive serves it.
std::string dashboard_of(const cluster_view& view) {
  for (const auto& node : view.rows.nodes) {
    if (is_alive(node.state) && !node.facts.http.empty()) return "http://" + printable(node.facts.http) + "/";
  }
  return {};
}

}  // namespace

line header_line(const frame_input& input) {
  const auto& view = input.view;
  line out{{"weir", look::bold}, {"  "}};
  out.emplace_back(plural(view.rows.nodes.size(), "node") + " · " +
                   plural(view.rows.streams.size(), "stream") + " · ");
  if (view.leader) {
    const double since = std::chrono::duration<double>(input.now - view.leader->elected_at).count();
    out.emplace_back("leader ");
    out.emplace_back(printable(view.leader->node_name), look::bold);
    out.emplace_back(" ★", look::yellow);
    out.emplace_back(" · term " + std::to_string(view.leader->fence.term) + " · since " + age_text(since));
  } else {
    out.emplace_back("no leader", look::red);
  }
  double rate = 0;
  for (const auto& [stream, one] : input.rates) rate += one.now;
  if (const auto text = rate_text(rate); !text.empty()) {
    out.emplace_back(" · ");
    out.emplace_back(text, look::green);
  }
  out.emplace_back("   " + domain::format_time(input.now).substr(11, 8) + " UTC", look::dim);
  if (const auto where = dashboard_of(view); !where.empty()) out.emplace_back("   " + where, look::dim);
  return out;
}

table nodes_block(const view_index& index) {
  const auto& nodes = index.view().rows.nodes;
  const bool refused =
      std::any_of(nodes.begin(), nodes.end(), [](const auto& n) { return n.said.late_writes_refused > 0; });
  std::vector<column> columns{
      {{"NODE"}}, {{"STATE"}}, {{"BEAT"}, side::right}, {{"RUNNING"}, side::right}, {{"SLOTS"}, side::right}};
  if (refused) columns.push_back({{"REFUSED"}, side::right});
  columns.push_back({{"VERSION"}});
  table rows{std::move(columns)};
  for (const auto& node : nodes) {
    const bool late = is_alive(node.state) && node.beat_age_seconds > 3;
    line state = state_cell(node);
    if (node.drain_wanted && node.state == node_state::active)
      state.emplace_back(" (drain wanted)", look::yellow);
    std::vector<line> cells{node_name(index.view(), node),
                            std::move(state),
                            {{age_text(node.beat_age_seconds), late ? look::red : look::plain}},
                            count_cell(node.running, look::cyan),
                            count_cell(index.owned_by(node.id), look::plain)};
    if (refused) cells.push_back(count_cell(node.said.late_writes_refused, look::yellow));
    cells.push_back({printable(node.facts.version)});
    rows.add(std::move(cells));
  }
  return rows;
}

table streams_block(const view_index& index, const frame_input& input, const stream_columns& wanted) {
  const auto& streams = index.view().rows.streams;
  const bool paused = std::any_of(streams.begin(), streams.end(), [](const auto& s) { return s.paused; });
  const bool live = !input.rates.empty();
  const auto nodes = owner_columns(index);
  const bool free = anything_free(index.view());

  std::vector<column> columns{{{"STREAM"}}};
  if (wanted.settings) {
    columns.push_back({{"MODE"}});
    columns.push_back({{"PIN"}});
    if (paused) columns.push_back({{"STATE"}});
  }
  if (wanted.counts) {
    for (const char* title : {"READY", "RUN", "RETRY", "OLDEST", "DONE", "FAILED", "CANCELLED"}) {
      columns.push_back({{title}, side::right});
    }
    if (live) columns.push_back({{"RATE"}, side::right});
    if (live && wanted.history) columns.push_back({{""}});
  }
  if (wanted.owners) {
    for (const auto* node : nodes) columns.push_back({node_name(index.view(), *node)});
    if (free) columns.push_back({{"free"}});
  }
  table rows{std::move(columns)};
  for (const auto& stream : streams) {
    const auto& figures = index.counts(stream.id);
    const auto& parts = index.partitions(stream.id);
    std::vector<line> cells{{{printable(stream.name), look::bold}}};
    if (wanted.settings) {
      cells.push_back({to_string(stream.mode)});
      cells.push_back(pin_cell(stream));
      if (paused) cells.push_back(pause_cell(stream));
    }
    if (wanted.counts) {
      const bool more = figures.capped;
      cells.push_back(count_cell(figures.ready, look::plain, more && figures.ready >= 10'000));
      cells.push_back(count_cell(figures.in_progress, look::cyan, more && figures.in_progress >= 10'000));
      cells.push_back(count_cell(figures.retry, look::yellow, more && figures.retry >= 10'000));
      const double wait = figures.oldest_ready_seconds;
      cells.push_back(wait > 0 ? line{age_text(wait)} : line{{"-", look::dim}});
      cells.push_back(count_cell(figures.done, look::green));
      cells.push_back(count_cell(figures.failed, look::red));
      cells.push_back(count_cell(figures.cancelled, look::plain));
      if (live) {
        const auto found = input.rates.find(stream.id);
        const bool known = found != input.rates.end();
        cells.push_back({known ? rate_text(found->second.now) : ""});
        if (wanted.history) cells.push_back({{known ? sparkline(found->second.history) : "", look::green}});
      }
    }
    if (wanted.owners) {
      for (const auto* node : nodes) cells.push_back(slots_cell(parts, node->id));
      if (free) cells.push_back(slots_cell(parts, 0));
    }
    rows.add(std::move(cells));
  }
  return rows;
}

std::vector<line> warning_lines(const frame_input& input) {
  std::vector<line> out;
  for (const auto& one : input.warnings ? *input.warnings : warnings_of(input.view)) {
    out.push_back({{"! ", look::yellow}, {one.code, look::yellow}, {"  " + printable(one.message)}});
  }
  return out;
}

}  // namespace weir::app
