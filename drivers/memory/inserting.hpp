// Enqueueing: what weir.enqueue does in a database. All expect the world's mutex to be held.
#pragma once

#include "drivers/memory/client.hpp"

namespace weir::memory {

/// Checks and routes one row and gives it the next id; it is not yet in any table.
/// @param xid  the transaction that brings it
/// @errors invalid
result<task_entry> prepare_row(world& store, transaction_id xid, const insert_row& row,
                               const std::string& who);

/// Inserts all rows or none, in one transaction, ids in their order; due rows of offered partitions are handed.
/// @errors invalid: names the row
result<std::vector<inserted>> insert_rows(statement& now, const std::vector<insert_row>& rows,
                                          const hand_offer& offer = {});

}  // namespace weir::memory
