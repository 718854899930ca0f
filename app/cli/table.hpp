// Aligned columns: the one way in which commands print lists to people.
#pragma once

#include <string>
#include <vector>

#include "app/cli/cell_text.hpp"

namespace weir::app {

enum class side { left, right };

struct column {
  line title;
  side align = side::left;
};

/// A table with a heading line, two blanks between columns and no trailing blanks.
class table {
 public:
  explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}

  /// One cell a column; missing ones are empty.
  void add(std::vector<line> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  std::size_t size() const { return rows_.size(); }
  /// Columns that the widest line takes.
  int width() const;
  /// Heading and rows, cut to `width` columns (0 = not cut).
  std::vector<std::string> lines(bool colour, int width = 0) const;
  /// The same as one text, each line ended.
  std::string text(bool colour, int width = 0) const;

 private:
  std::vector<int> widths() const;

  std::vector<column> columns_;
  std::vector<std::vector<line>> rows_;
};

}  // namespace weir::app
