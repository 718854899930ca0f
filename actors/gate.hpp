// GATE: what is published to peers and clients. Checks and translates; the GATEWAY does the work.
#pragma once

#include <weir/caf.hpp>

#include "actors/interfaces.hpp"

namespace weir::actors {

/// More than this in one message is refused: a batch should not hold up the link for others.
inline constexpr std::size_t gate_tasks_max = 500;
inline constexpr std::size_t gate_bytes_max = std::size_t{1} << 20U;

struct gate_parts {
  gateway_actor gateway;
  std::size_t data_bytes_max = 0;  ///< of one task ([limits] payload)
};

gate_actor::behavior_type gate(gate_actor::pointer self, gate_parts parts);

/// For both ends of the wire.
task_message to_message(const insert_row& row);
insert_row to_row(const task_message& message);
enqueue_answer to_answer(const error& why);
/// Of an answer that failed.
error to_error(const enqueue_answer& answer);

}  // namespace weir::actors
