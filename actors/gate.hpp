// GATE: what is published to peers and clients. Checks and translates; the GATEWAY does the work.
#pragma once

#include <weir/caf.hpp>

#include "actors/gate_bounds.hpp"
#include "actors/interfaces.hpp"

namespace weir::actors {

struct gate_parts {
  gateway_actor gateway;
  std::size_t data_bytes_max = 0;  ///< of one task ([limits] payload)
};

gate_actor::behavior_type gate(gate_actor::pointer self, gate_parts parts);

/// Of one message's tasks, before they reach a batch that others share: one bad row refuses all of it.
/// @errors invalid: names the task and what is wrong
result<void> check_message(const std::vector<insert_row>& rows, std::size_t data_bytes_max);

enqueue_answer to_answer(const error& why);

}  // namespace weir::actors
