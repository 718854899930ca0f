// What of the model's rows another store can take over.
#pragma once

#include "domain/store_contents.hpp"
#include "drivers/memory/tables.hpp"

namespace weir::memory {

/// Its tasks are read from `rows`, which must outlive it, as they are asked for.
/// @param history  those that are done or cancelled, too. Those that have failed always come along, since somebody may
///                 want them again; ended ones of streams that were deleted never do.
domain::store_contents contents_of(const world_rows& rows, bool history);

}  // namespace weir::memory
