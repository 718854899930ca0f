// Lays out a table: every column as wide as its widest cell.
#include "app/cli/table.hpp"

#include <algorithm>

namespace weir::app {

namespace {

constexpr int gap = 2;

line joined(const std::vector<column>& columns, const std::vector<int>& widths,
            const std::vector<line>& cells, bool heading) {
  line out;
  std::string blanks;  // held back, so that no line ends in blanks
  const auto put = [&](const line& cell) {
    if (display_width(cell) == 0) return;
    if (!blanks.empty()) out.emplace_back(blanks);
    blanks.clear();
    out.insert(out.end(), cell.begin(), cell.end());
  };
  for (std::size_t i = 0; i < columns.size(); ++i) {
    line cell = i < cells.size() ? cells[i] : line{};
    if (heading)
      for (auto& piece : cell)
        if (piece.style == look::plain) piece.style = look::dim;
    const auto fill = static_cast<std::size_t>(std::max(0, widths[i] - display_width(cell)));
    if (i > 0) blanks.append(gap, ' ');
    if (columns[i].align == side::right) blanks.append(fill, ' ');
    put(cell);
    if (columns[i].align == side::left) blanks.append(fill, ' ');
  }
  return out;
}

}  // namespace

std::vector<int> table::widths() const {
  std::vector<int> out;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    int width = display_width(columns_[i].title);
    for (const auto& row : rows_)
      if (i < row.size()) width = std::max(width, display_width(row[i]));
    out.push_back(width);
  }
  return out;
}

int table::width() const {
  int total = 0;
  for (const int width : widths()) total += width + gap;
  return std::max(0, total - gap);
}

std::vector<std::string> table::lines(bool colour, int width) const {
  const auto wide = widths();
  std::vector<line> titles;
  for (const auto& one : columns_) titles.push_back(one.title);
  std::vector<std::string> out{paint(joined(columns_, wide, titles, true), colour, width)};
  for (const auto& row : rows_) out.push_back(paint(joined(columns_, wide, row, false), colour, width));
  return out;
}

std::string table::text(bool colour, int width) const {
  std::string out;
  for (const auto& one : lines(colour, width)) out += one + "\n";
  return out;
}

}  // namespace weir::app
