// What the model changed, as rows for the file: taken from its tables, and read back into them.
#pragma once

#include <cstddef>
#include <string>
#include <tuple>
#include <vector>

#include "drivers/sqlite/cells.hpp"
#include "drivers/sqlite/layout.hpp"

namespace weir::sqlite {

/// Every table of the file. What others refer to comes before them, as reading them back wants it.
using layouts =
    std::tuple<counter_layout, stream_layout, former_stream_layout, route_layout, partition_layout,
               owner_layout, node_layout, term_layout, attempt_layout, task_layout, open_layout,
               request_layout, receipt_layout, paused_name_layout, schedule_layout, cdc_layout,
               cdc_object_layout, audit_layout, segment_layout, kept_layout>;
constexpr std::size_t layout_count = std::tuple_size_v<layouts>;

/// A row to be put in place of the one with its key, or to be removed.
struct change {
  std::size_t layout = 0;  ///< its place in `layouts`
  bool removed = false;
  record cells;  ///< all, or those by which it is removed
};

/// A table's name and columns; the first `keys` are its key, the first `removed_by` tell which rows are removed.
struct shape {
  std::string name;
  std::vector<std::string> columns;
  std::size_t keys = 0;
  std::size_t removed_by = 0;
};
const shape& shape_of(std::size_t layout);

/// Rows that were changed and not settled, `counted` aside.
std::vector<change> changes_of(const memory::world_rows& rows);
change counters_of(const memory::counter_entry& counted);
/// Every row.
std::vector<change> all_of(const memory::world_rows& rows);

/// Puts a row that was read into its table. Throws strange_cell, or what nlohmann::json throws.
void put_back(memory::world_rows& rows, std::size_t layout, const record& cells);

}  // namespace weir::sqlite
