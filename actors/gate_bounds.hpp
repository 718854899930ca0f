// What a message to a gateway may hold: known at both ends.
#pragma once

#include <cstddef>

namespace weir::actors {

/// More than this in one message is refused: a batch should not hold up the link for others.
inline constexpr std::size_t gate_tasks_max = 500;
inline constexpr std::size_t gate_bytes_max = std::size_t{1} << 20U;

}  // namespace weir::actors
