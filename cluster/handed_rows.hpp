// What an insert handed to its offerer, as a read would have shown it.
#pragma once

#include <vector>

#include <weir/assert.hpp>
#include <weir/driver/types.hpp>

namespace weir::cluster {

/// @param rows  what was inserted
/// @param made  the store's answer, one for each of `rows`
inline std::vector<task_row> handed_rows(const std::vector<insert_row>& rows,
                                         const std::vector<inserted>& made) {
  WEIR_ASSERT(rows.size() == made.size());
  std::vector<task_row> handed;
  for (std::size_t n = 0; n < made.size(); ++n) {
    if (!made[n].handed) continue;
    task_row row;
    row.part = made[n].part;
    row.id = made[n].id;
    row.xid = made[n].xid;
    row.name = rows[n].name;
    row.key = rows[n].key;
    if (row.key && row.key->empty()) row.key.reset();
    row.data = rows[n].data;
    row.created_by = made[n].created_by;
    row.created_at = made[n].created_at;
    row.traceparent = rows[n].traceparent;
    handed.push_back(std::move(row));
  }
  return handed;
}

}  // namespace weir::cluster
